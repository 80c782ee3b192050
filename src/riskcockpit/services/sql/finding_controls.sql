-- The controls that are in alarm about a finding, its asset or its rule.
-- params: id VARCHAR, asset VARCHAR, rule VARCHAR
-- returns: control_id
SELECT DISTINCT control_id
FROM control_row
WHERE status IN ('alarm', 'error') AND resource IN ($id, $asset, $rule)
ORDER BY control_id
