-- Makes the table that says which steps of the schema were applied.
-- params: none
-- returns: nothing
CREATE TABLE IF NOT EXISTS schema_step (
    version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL
)
