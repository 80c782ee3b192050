-- The paths of all live findings of a scope.
-- params: scope VARCHAR
-- returns: path
SELECT DISTINCT path
FROM finding
WHERE scope = $scope AND state <> 'fixed' AND path <> ''
