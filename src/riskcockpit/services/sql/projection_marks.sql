-- Marks a version as rolled back, or no longer, after our last action, until a sync has seen it.
-- params: rev BIGINT
-- returns: nothing
UPDATE model_version
SET is_rolled_back = latest.is_rollback, rev = $rev
FROM (
    SELECT model,
        CASE WHEN is_rollback THEN from_version ELSE to_version END AS version,
        arg_max(is_rollback, (confirmed, is_rollback)) AS is_rollback, max(confirmed) AS confirmed
    FROM projected_move
    WHERE confirmed IS NOT NULL
    GROUP BY ALL
) AS latest
WHERE model_version.model = latest.model AND model_version.version = latest.version
    AND model_version.seen_at < latest.confirmed
    AND model_version.is_rolled_back <> latest.is_rollback
