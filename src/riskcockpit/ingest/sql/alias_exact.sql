-- Remembers the key under which a finding is known now, where it is not its first.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_alias (key, finding_id, kind, seen_at, rev)
SELECT incoming.key, matched.finding_id, 'exact', $now, $rev
FROM incoming
JOIN matched USING (n)
WHERE matched.how <> 'exact'
UNION ALL
SELECT incoming.key, assigned.id, 'exact', $now, $rev
FROM incoming
JOIN assigned USING (n)
ON CONFLICT (key, finding_id) DO UPDATE
SET seen_at = excluded.seen_at, rev = excluded.rev, kind = 'exact'
