-- Writes down that findings were created; the detail says what they may be.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    coalesce(assigned.id, incoming.key), incoming_scan.moment, 'created', incoming_scan.scan_id,
    coalesce('possible match: ' || hint.finding_id, ''), $rev
FROM incoming
JOIN incoming_scan ON incoming_scan.scan = incoming.scan
SEMI JOIN fresh ON fresh.n = incoming.n
LEFT JOIN assigned ON assigned.n = incoming.n
LEFT JOIN hint ON hint.n = incoming.n
