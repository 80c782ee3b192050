-- One row per monitored model and data set.
WITH orphaned AS (
    SELECT asset AS subject, count(*) AS incidents
    FROM finding
    WHERE
        class IN ('model', 'data') AND severity >= $severity AND owner = ''
        AND state IN ('open', 'triage', 'pending_waiver')
    GROUP BY asset
),
watched AS (
    SELECT DISTINCT subject FROM reading WHERE subject_kind IN ('model', 'dataset')
    UNION
    SELECT subject FROM orphaned
)
SELECT
    w.subject AS resource,
    CASE WHEN o.subject IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN o.subject IS NULL THEN 'every open incident has an owner'
        ELSE format('{} open incidents belong to nobody', o.incidents)
    END AS reason
FROM watched AS w
LEFT JOIN orphaned AS o ON o.subject = w.subject
ORDER BY w.subject
