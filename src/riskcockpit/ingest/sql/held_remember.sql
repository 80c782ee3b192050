-- Remembers exactly what a held scan would have closed.
-- params: scan_id VARCHAR, scope VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO held_closure (scan_id, scope, finding_id, state, released_by, rev)
SELECT $scan_id, $scope, finding_id, state, '', $rev
FROM absent
WHERE is_rule_enabled AND result = 'fixed'
