-- One row per data set of the tier: does its latest reading of each check hold?
WITH latest AS (
    SELECT
        subject, metric, segment, value, threshold, is_breach, unit, "at",
        row_number() OVER (PARTITION BY subject, metric, segment ORDER BY "at" DESC, is_breach DESC, value) AS nth
    FROM reading
    WHERE subject_kind = 'dataset' AND metric_class = 'quality' AND "at" <= $as_of
),
checked AS (
    SELECT
        subject, count(*) AS checks, count(*) FILTER (WHERE is_breach) AS broken, min(value) AS worst
    FROM latest
    WHERE nth = 1
    GROUP BY subject
)
SELECT
    a.name AS resource,
    CASE WHEN c.subject IS NULL OR c.broken > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN c.subject IS NULL THEN 'no check of this data set was ever seen'
        ELSE format('{} of {} checks pass, the worst reads {:.4g}', c.checks - c.broken, c.checks, c.worst)
    END AS reason,
    a.owner,
    a.domain
FROM asset AS a
LEFT JOIN checked AS c ON c.subject = a.name
WHERE a.kind = 'dataset' AND a.tier <= $tier
ORDER BY a.name
