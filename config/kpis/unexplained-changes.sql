WITH watched AS (
    SELECT count(*) AS things, max(seen_at) AS newest
    FROM (
        SELECT seen_at FROM model_alias WHERE alias = 'champion'
        UNION ALL
        SELECT seen_at FROM setting
    )
),
moved AS (
    SELECT "at"
    FROM model_alias_move
    WHERE
        alias = 'champion' AND from_version IS NOT NULL AND decision_id = ''
        AND "at" BETWEEN $since AND $as_of
    UNION ALL
    SELECT "at"
    FROM setting_change
    WHERE
        explained_by = '' AND kind <> 'agreement' AND is_production
        AND "at" BETWEEN $since AND $as_of
),
counted AS (SELECT count(*) AS moves FROM moved)
SELECT
    CASE WHEN w.things > 0 OR m.moves > 0 THEN m.moves END :: DOUBLE AS value,
    w.things + m.moves AS sample,
    w.newest AS as_of
FROM watched AS w, counted AS m
