-- Gives the past deadlines of one finding to another.
-- params: before VARCHAR, after VARCHAR, rev BIGINT
-- returns: nothing
UPDATE past_deadline
SET finding_id = $after, rev = $rev
WHERE finding_id = $before
