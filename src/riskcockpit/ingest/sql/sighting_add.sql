-- Remembers that findings of another scope are present in that of a scan as well.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_sighting (finding_id, scope, category, branch, seen_at, rev)
SELECT
    matched.finding_id, incoming_scan.scope, incoming_scan.category, incoming_scan.branch, $now,
    $rev
FROM matched
JOIN incoming_scan ON incoming_scan.scan = matched.scan
JOIN finding ON finding.rowid = matched.finding_row
WHERE finding.scope <> incoming_scan.scope
ON CONFLICT (finding_id, scope) DO UPDATE SET seen_at = excluded.seen_at, rev = excluded.rev
