-- Adds the moves that were confirmed upstream and that no sync has seen.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO model_alias_move BY NAME
SELECT p.model, p.alias, p.from_version, p.to_version, p.confirmed AS "at",
    p.action_id AS decision_id, $rev AS rev
FROM projected_move AS p
WHERE p.confirmed IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM model_alias_move AS m WHERE m.decision_id = p.action_id)
