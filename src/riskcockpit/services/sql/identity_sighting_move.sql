-- Gives the further scopes of one finding to another.
-- params: before VARCHAR, after VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_sighting BY NAME
SELECT * REPLACE ($after AS finding_id, $rev AS rev)
FROM finding_sighting AS s
WHERE finding_id = $before
  AND NOT EXISTS (FROM finding_sighting AS o WHERE o.finding_id = $after AND o.scope = s.scope)
