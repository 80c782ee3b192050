-- Sources whose reports were taken in after a generation; our own monitor reads no reports.
-- params: generation BIGINT, monitor VARCHAR
-- returns: source_id
SELECT DISTINCT source_id
FROM scan
WHERE rev > $generation AND source_id <> 'import' AND tool <> $monitor
ORDER BY source_id
