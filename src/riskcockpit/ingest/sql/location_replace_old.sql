-- Removes the places of findings whose result is taken over anew.
-- params: none
-- returns: nothing
DELETE FROM finding_location
WHERE finding_id IN (
    SELECT finding_id FROM change WHERE is_updated OR is_moved OR is_reopened
)
