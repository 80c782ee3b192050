-- Forgets sightings of this scope that a complete scan does not confirm.
-- params: scope VARCHAR
-- returns: nothing
DELETE FROM finding_sighting
WHERE scope = $scope AND NOT EXISTS (
    FROM matched WHERE matched.finding_id = finding_sighting.finding_id
)
