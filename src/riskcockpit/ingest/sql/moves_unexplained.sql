-- Champions whose last move no decision explains: where they were before and are now, and the tier
-- of the model. One that was lost and is back where it was has not moved.
-- params: since TIMESTAMP
-- returns: model, from_version, to_version, at, source_id, tier
WITH seen AS (
    SELECT
        model, to_version, "at", decision_id,
        coalesce(from_version, lag(from_version) OVER (PARTITION BY model ORDER BY "at", rev, to_version))
            AS from_version
    FROM model_alias_move
    WHERE alias = 'champion'
    QUALIFY row_number() OVER (PARTITION BY model ORDER BY "at" DESC, rev DESC, to_version DESC) = 1
)
SELECT
    seen.model, seen.from_version, seen.to_version, seen."at", coalesce(model.source_id, ''),
    coalesce(model.tier, asset.tier, 3) AS tier
FROM seen
LEFT JOIN model ON model.name = seen.model
LEFT JOIN asset ON asset.name = seen.model
WHERE seen.decision_id = '' AND seen.from_version IS NOT NULL
  AND seen.from_version IS DISTINCT FROM seen.to_version AND seen."at" >= $since
ORDER BY seen.model
