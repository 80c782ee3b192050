-- Remembers exactly what held scans would have closed.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO held_closure (scan_id, scope, finding_id, state, released_by, rev)
SELECT
    incoming_scan.scan_id, incoming_scan.scope, absent.finding_id, absent.state, '', $rev
FROM absent
JOIN verdict ON verdict.scan = absent.scan
JOIN incoming_scan ON incoming_scan.scan = absent.scan
WHERE verdict.is_held AND absent.is_rule_enabled AND absent.result = 'fixed'
