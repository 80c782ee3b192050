-- The rows behind the verdicts of controls that did not run again.
-- params: none
-- returns: control_id, resource, status, reason
SELECT control_id, resource, status, reason
FROM control_row
WHERE control_id IN (SELECT id FROM kept_control)
ORDER BY control_id, ordinal
