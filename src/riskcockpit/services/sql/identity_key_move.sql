-- Gives the keys of one finding to another.
-- params: before VARCHAR, after VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_alias BY NAME
SELECT * REPLACE ($after AS finding_id, $rev AS rev)
FROM finding_alias
WHERE finding_id = $before
ON CONFLICT (key, finding_id) DO UPDATE
SET seen_at = greatest(seen_at, excluded.seen_at), rev = excluded.rev
