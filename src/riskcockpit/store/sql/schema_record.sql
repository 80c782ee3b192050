-- Records that a step of the schema was applied.
-- params: version INTEGER, name VARCHAR, applied_at TIMESTAMP
-- returns: nothing
INSERT INTO schema_step (version, name, applied_at)
VALUES ($version, $name, $applied_at)
