-- Gives the history of a finding that was never another one to its new id.
-- params: before VARCHAR, after VARCHAR
-- returns: nothing
UPDATE finding_event
SET finding_id = $after
WHERE finding_id = $before
