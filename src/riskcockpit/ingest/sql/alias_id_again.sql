-- Marks the first key of a finding as its newest, where an alias had taken over.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_alias (key, finding_id, kind, seen_at, rev)
SELECT finding_id, finding_id, 'exact', $now, $rev
FROM matched
WHERE how = 'exact'
  AND EXISTS (
      FROM finding_alias
      WHERE finding_alias.finding_id = matched.finding_id AND finding_alias.kind = 'exact'
  )
ON CONFLICT (key, finding_id) DO UPDATE
SET seen_at = excluded.seen_at, rev = excluded.rev
