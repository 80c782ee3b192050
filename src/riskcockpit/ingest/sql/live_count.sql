-- How many live findings a scope has before a scan is applied.
-- params: scope VARCHAR
-- returns: count
SELECT count(*)
FROM finding
WHERE scope = $scope AND state <> 'fixed'
