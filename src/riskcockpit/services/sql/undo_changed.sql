-- What scans did to findings that were there before.
-- params: scans VARCHAR[]
-- returns: id, kinds (comma between)
SELECT finding_id, string_agg(DISTINCT kind, ', ' ORDER BY kind)
FROM finding_event
WHERE scan_id IN (SELECT unnest($scans))
GROUP BY finding_id
HAVING bool_and(kind <> 'created')
ORDER BY finding_id
