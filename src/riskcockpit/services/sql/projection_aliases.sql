-- Moves an alias to where it was read back after our last action, until a sync has seen it itself.
-- params: rev BIGINT
-- returns: nothing
UPDATE model_alias
SET version = latest.to_version, since = latest.confirmed, rev = $rev
FROM (
    SELECT model, alias, arg_max(to_version, (confirmed, to_version)) AS to_version,
        max(confirmed) AS confirmed
    FROM projected_move
    WHERE confirmed IS NOT NULL
    GROUP BY model, alias
) AS latest
WHERE model_alias.model = latest.model AND model_alias.alias = latest.alias
    AND model_alias.seen_at < latest.confirmed AND model_alias.version <> latest.to_version
