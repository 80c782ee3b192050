-- The rows behind a control's verdict, the worst first.
-- params: id VARCHAR
-- returns: resource, status, reason, dimensions (JSON)
SELECT resource, status, reason, dimensions
FROM control_row
WHERE control_id = $id
ORDER BY status IN ('ok', 'info', 'skip'), ordinal
