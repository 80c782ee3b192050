-- Forgets sightings of this scope that a complete scan does not confirm.
-- params: scope VARCHAR, rev BIGINT
-- returns: nothing
DELETE FROM finding_sighting
WHERE scope = $scope AND rev < $rev
