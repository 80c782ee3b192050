-- Remembers the key under which a finding is known now, where it is not its first. A key that rests
-- on the order of repeats is no use where another form of the report tells them apart.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_alias (key, finding_id, kind, seen_at, rev)
SELECT incoming.key, matched.finding_id, 'exact', $now, $rev
FROM incoming
JOIN matched USING (n)
WHERE matched.how <> 'exact'
    AND (matched.how <> 'form' OR incoming.fingerprint IS NOT NULL OR incoming.snippet <> '')
UNION ALL
SELECT incoming.key, assigned.id, 'exact', $now, $rev
FROM incoming
JOIN assigned USING (n)
ON CONFLICT (key, finding_id) DO UPDATE
SET seen_at = excluded.seen_at, rev = excluded.rev, kind = 'exact'
