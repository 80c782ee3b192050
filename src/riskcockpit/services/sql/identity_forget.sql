-- Removes a decision about identity from those that are applied.
-- params: id VARCHAR
-- returns: nothing
DELETE FROM identity_decision
WHERE id = $id
