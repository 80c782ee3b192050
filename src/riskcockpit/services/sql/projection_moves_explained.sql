-- Names the decision behind each move of an alias that was seen: the last one sent before it.
-- params: rev BIGINT
-- returns: nothing
UPDATE model_alias_move
SET decision_id = wanted.action_id, rev = $rev
FROM (
    SELECT m.model, m.alias, m.from_version, m.to_version, m."at",
        arg_max(p.action_id, (p.sent, p.action_id)) AS action_id
    FROM model_alias_move AS m
    JOIN projected_move AS p
        ON p.model = m.model AND p.alias = m.alias AND p.from_version IS NOT DISTINCT FROM m.from_version
        AND p.to_version = m.to_version AND p.sent <= m."at"
    GROUP BY ALL
) AS wanted
WHERE model_alias_move.model = wanted.model AND model_alias_move.alias = wanted.alias
    AND model_alias_move.from_version IS NOT DISTINCT FROM wanted.from_version
    AND model_alias_move.to_version = wanted.to_version
    AND model_alias_move."at" = wanted."at"
    AND model_alias_move.decision_id <> wanted.action_id
