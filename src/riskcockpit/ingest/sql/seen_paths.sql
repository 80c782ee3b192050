-- The paths of all results of a scan.
-- params: scan INTEGER
-- returns: path
SELECT DISTINCT path
FROM incoming
WHERE scan = $scan
