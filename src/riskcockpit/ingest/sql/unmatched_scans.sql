-- The scans with results that no key recognises.
-- params: none
-- returns: scan
SELECT DISTINCT scan
FROM fresh
ORDER BY scan
