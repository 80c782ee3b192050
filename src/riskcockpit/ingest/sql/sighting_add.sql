-- Remembers that findings of another scope are present in that of a scan as well. The scope `own`, of a
-- scan that is alone, needs no looking at; as lists the others are few rows to the planner, which then
-- does not look up all that was recognised.
-- params: own VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_sighting (finding_id, scope, category, branch, seen_at, rev)
SELECT
    matched.finding_id, incoming_scan.scope, incoming_scan.category, incoming_scan.branch, $now,
    $rev
FROM (
    SELECT unnest(list(rowid)) AS finding_row, unnest(list(scope)) AS scope
    FROM finding
    WHERE scope <> $own
) AS stranger
JOIN matched ON matched.finding_row = stranger.finding_row
JOIN incoming_scan ON incoming_scan.scan = matched.scan
WHERE stranger.scope <> incoming_scan.scope
ON CONFLICT (finding_id, scope) DO UPDATE SET seen_at = excluded.seen_at, rev = excluded.rev
