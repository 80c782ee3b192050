-- Notes that findings were seen, and nothing else.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
UPDATE finding
SET last_seen = greatest(last_seen, incoming_scan.moment), is_unconfirmed_absent = false,
    scan_id = incoming_scan.scan_id, source_id = incoming_scan.source_id, seen_at = $now, rev = $rev
FROM matched
JOIN incoming_scan ON incoming_scan.scan = matched.scan
WHERE finding.rowid = matched.finding_row
