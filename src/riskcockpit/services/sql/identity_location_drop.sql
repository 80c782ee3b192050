-- Removes the locations of a finding that another one took over.
-- params: id VARCHAR
-- returns: nothing
DELETE FROM finding_location
WHERE finding_id = $id
