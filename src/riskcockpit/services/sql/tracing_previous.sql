-- Which deployment served the place before.
-- params: id VARCHAR
-- returns: previous_id
SELECT previous_id FROM deployment WHERE id = $id
