-- Ends the doubt about findings that are seen, and notes the source that shows them, where it is another.
-- All scans that are ingested together have one source.
-- params: source_id VARCHAR
-- returns: nothing
UPDATE finding
SET is_unconfirmed_absent = false, source_id = $source_id
FROM matched
WHERE finding.rowid = matched.finding_row
    AND (finding.is_unconfirmed_absent OR finding.source_id <> $source_id)
