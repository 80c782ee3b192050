-- Sources whose reports were taken in after a generation; our own monitorss read no reports.
-- params: generation BIGINT, monitors VARCHAR[]
-- returns: source_id
SELECT DISTINCT source_id
FROM scan
WHERE rev > $generation AND source_id <> 'import' AND tool NOT IN (SELECT unnest($monitors))
ORDER BY source_id
