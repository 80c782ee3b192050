-- Gives the places of one finding to another.
-- params: before VARCHAR, after VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_location BY NAME
SELECT * REPLACE ($after AS finding_id, $rev AS rev)
FROM finding_location
WHERE finding_id = $before
