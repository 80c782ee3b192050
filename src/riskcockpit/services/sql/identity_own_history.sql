-- Whether a finding was created before a decision, so that it is more than a name.
-- params: id VARCHAR, decided_at TIMESTAMP
-- returns: one row (1), or none
SELECT 1
FROM finding_event
WHERE finding_id = $id AND kind = 'created' AND "at" <= $decided_at
LIMIT 1
