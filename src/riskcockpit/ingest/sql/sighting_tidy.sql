-- Removes sightings by the scope that owns the finding now.
-- params: none
-- returns: nothing
DELETE FROM finding_sighting
WHERE EXISTS (
    FROM finding
    WHERE finding.id = finding_sighting.finding_id AND finding.scope = finding_sighting.scope
)
