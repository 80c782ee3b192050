-- Notes that findings were seen, and nothing else.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
UPDATE finding
SET last_seen = greatest(last_seen, incoming_scan.moment), scan_id = incoming_scan.scan_id,
    seen_at = $now, rev = $rev
FROM matched
JOIN incoming_scan ON incoming_scan.scan = matched.scan
WHERE finding.rowid = matched.finding_row
