-- Removes versions that the registry has no longer.
-- params: none
-- returns: nothing
DELETE FROM model_version
WHERE model IN (SELECT name FROM incoming_model) AND NOT EXISTS (
    FROM incoming_version
    WHERE incoming_version.model = model_version.model
      AND incoming_version.version = model_version.version
)
