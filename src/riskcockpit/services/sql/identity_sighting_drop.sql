-- Removes the sightings of a finding that another one took over.
-- params: id VARCHAR
-- returns: nothing
DELETE FROM finding_sighting
WHERE finding_id = $id
