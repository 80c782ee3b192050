-- Forgets where findings were before a decision that is taken back.
-- params: decision VARCHAR
-- returns: nothing
DELETE FROM identity_past
WHERE decision_id = $decision
