-- One row per champion whose accuracy or bias was measured lately.
WITH latest AS (
    SELECT
        r.subject, r.metric, r.segment,
        coalesce(max(r."at") FILTER (WHERE r.threshold IS NULL) = max(r."at"), false) AS is_bare
    FROM reading AS r
    INNER JOIN model_alias AS a ON a.model = r.subject AND a.alias = 'champion'
    WHERE
        r.subject_kind = 'model' AND r.metric_class IN ('accuracy', 'bias') AND r."at" <= $as_of
        AND r."at" >= $as_of - to_days(CAST($days AS INTEGER))
    GROUP BY r.subject, r.metric, r.segment
),
limited AS (
    SELECT
        subject, count(*) AS metrics, count(*) FILTER (WHERE is_bare) AS bare,
        string_agg(metric, ', ' ORDER BY metric) AS names
    FROM latest
    GROUP BY subject
)
SELECT
    l.subject AS resource,
    CASE WHEN l.bare > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN l.bare > 0 THEN format('{} of {} metrics have no limit: {}', l.bare, l.metrics, l.names)
        ELSE format('{} metrics have a limit', l.metrics)
    END AS reason,
    coalesce(m.owner, '') AS owner,
    coalesce(m.tier, 3) AS tier
FROM limited AS l
LEFT JOIN model AS m ON m.name = l.subject
ORDER BY l.subject
