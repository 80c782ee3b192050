-- Marks the first key of a finding as its newest, where an alias had taken over.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_alias (key, finding_id, kind, seen_at, rev)
SELECT matched.finding_id, matched.finding_id, 'exact', $now, $rev
FROM matched
SEMI JOIN (
    SELECT finding_id FROM finding_alias WHERE kind = 'exact'
) AS known ON known.finding_id = matched.finding_id
WHERE matched.how = 'exact'
ON CONFLICT (key, finding_id) DO UPDATE
SET seen_at = excluded.seen_at, rev = excluded.rev
