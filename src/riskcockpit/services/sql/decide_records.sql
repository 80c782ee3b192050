-- Where the record behind each of some findings came from, and where it is kept.
-- params: ids VARCHAR[]
-- returns: id, source_id, format, raw_hash
SELECT finding.id, finding.source_id, scan.format, finding.raw_hash
FROM finding
INNER JOIN scan ON finding.scan_id = scan.id
WHERE finding.id IN (SELECT unnest($ids))
ORDER BY finding.source_id, finding.id
