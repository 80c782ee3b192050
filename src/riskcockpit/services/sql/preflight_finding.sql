-- How a finding stands, for those who ask what may be done to it.
-- params: id VARCHAR
-- returns: state, severity
SELECT state, severity
FROM finding
WHERE id = $id
