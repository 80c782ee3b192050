-- Removes a finding that another one took over.
-- params: id VARCHAR
-- returns: nothing
DELETE FROM finding
WHERE id = $id
