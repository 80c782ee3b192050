-- Notes that findings were seen, and nothing else.
-- params: moment TIMESTAMP, now TIMESTAMP, scan_id VARCHAR, source_id VARCHAR, rev BIGINT
-- returns: nothing
UPDATE finding
SET last_seen = greatest(last_seen, $moment), is_unconfirmed_absent = false,
    scan_id = $scan_id, source_id = $source_id, seen_at = $now, rev = $rev
FROM matched
WHERE finding.rowid = matched.finding_row
