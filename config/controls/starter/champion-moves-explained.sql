-- One row per model that has or had a champion. Seeing a model for the first time is not a move.
WITH moves AS (
    SELECT
        model,
        count(*) AS moves,
        count(*) FILTER (WHERE decision_id = '') AS unexplained,
        max_by(format('v{} to {}', from_version, coalesce('v' || to_version, 'nothing')), ("at", rev, from_version, to_version))
            AS last_move
    FROM model_alias_move
    WHERE
        alias = 'champion' AND from_version IS NOT NULL
        AND "at" <= $as_of AND date_diff('day', "at", $as_of) <= $days
    GROUP BY model
),
watched AS (
    SELECT model FROM model_alias WHERE alias = 'champion'
    UNION
    SELECT model FROM moves
)
SELECT
    w.model AS resource,
    CASE WHEN coalesce(v.unexplained, 0) > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN coalesce(v.unexplained, 0) > 0
            THEN format('{} of {} moves without a decision; the last was from {}', v.unexplained, v.moves, v.last_move)
        ELSE format('{} moves in {} days, all decided', coalesce(v.moves, 0), $days)
    END AS reason,
    coalesce(m.owner, '') AS owner
FROM watched AS w
LEFT JOIN moves AS v ON v.model = w.model
LEFT JOIN model AS m ON m.name = w.model
ORDER BY w.model
