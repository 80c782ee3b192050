-- Results whose finding is new, or takes over something new from the report.
-- params: none
-- returns: scan, n
SELECT scan, n
FROM fresh
UNION ALL
SELECT scan, n
FROM change
WHERE is_updated OR is_moved OR is_reopened
ORDER BY n
