-- The newest step of the schema that was applied.
-- params: none
-- returns: version (0 when none was)
SELECT coalesce(max(version), 0) AS version
FROM schema_step
