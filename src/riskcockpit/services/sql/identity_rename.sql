-- Gives a finding another id.
-- params: before VARCHAR, after VARCHAR, rev BIGINT
-- returns: nothing
UPDATE finding
SET id = $after, rev = $rev
WHERE id = $before
