-- The first row of each control that fails, in words.
-- params: none
-- returns: control_id, reason
SELECT control_id, arg_min(resource || ': ' || reason, ordinal) AS reason
FROM control_row
WHERE status IN ('alarm', 'error')
GROUP BY control_id
