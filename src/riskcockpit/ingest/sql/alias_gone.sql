-- Removes aliases that the registry has no longer.
-- params: none
-- returns: nothing
DELETE FROM model_alias
WHERE model IN (SELECT name FROM incoming_model) AND NOT EXISTS (
    FROM incoming_alias
    WHERE incoming_alias.model = model_alias.model AND incoming_alias.alias = model_alias.alias
)
