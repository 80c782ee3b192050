-- The rows of all controls in the order in which they were judged.
-- params: none
-- returns: control_id, resource, status, reason, dimensions (JSON)
SELECT control_id, resource, status, reason, dimensions
FROM control_row
ORDER BY control_id, ordinal
