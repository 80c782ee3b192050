WITH watched AS (
    SELECT count(*) AS models, max(seen_at) AS newest FROM model_alias WHERE alias = 'champion'
),
moved AS (
    SELECT count(*) AS moves
    FROM model_alias_move
    WHERE
        alias = 'champion' AND from_version IS NOT NULL AND decision_id = ''
        AND "at" BETWEEN $since AND $as_of
)
SELECT
    CASE WHEN w.models > 0 OR m.moves > 0 THEN m.moves END :: DOUBLE AS value,
    w.models + m.moves AS sample,
    w.newest AS as_of
FROM watched AS w, moved AS m
