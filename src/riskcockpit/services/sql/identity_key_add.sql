-- Gives a finding a key by decision, newer than all claims of others.
-- params: key VARCHAR, id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_alias (key, finding_id, kind, seen_at, rev)
VALUES ($key, $id, 'exact', $now, $rev)
ON CONFLICT (key, finding_id) DO UPDATE
SET seen_at = excluded.seen_at, rev = excluded.rev, kind = 'exact'
