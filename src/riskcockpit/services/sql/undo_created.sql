-- Findings that scans created and that are still there.
-- params: scans VARCHAR[]
-- returns: id
SELECT DISTINCT e.finding_id
FROM finding_event AS e
JOIN finding AS f ON f.id = e.finding_id
WHERE e.kind = 'created' AND e.scan_id IN (SELECT unnest($scans))
ORDER BY e.finding_id
