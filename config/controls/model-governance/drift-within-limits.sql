-- One row per champion whose drift was measured lately: the latest reading of each feature.
WITH newest AS (
    SELECT r.subject, r.metric, r.segment, r.value, r.is_breach
    FROM reading AS r
    INNER JOIN model_alias AS a
        ON a.model = r.subject AND a.alias = 'champion' AND coalesce(r.version, a.version) = a.version
    WHERE
        r.subject_kind = 'model' AND r.metric_class = 'drift' AND r."at" <= $as_of
        AND r."at" >= $as_of - to_days(CAST($days AS INTEGER))
    QUALIFY r."at" = max(r."at") OVER (PARTITION BY r.subject, r.metric, r.segment)
),
latest AS (
    SELECT
        subject, metric, segment, bool_or(is_breach) AS is_breach,
        arg_max(value, (is_breach, value)) AS value
    FROM newest
    GROUP BY subject, metric, segment
),
drifted AS (
    SELECT
        subject, count(*) AS features, count(*) FILTER (WHERE is_breach) AS broken,
        arg_min(format('{} {} {:.3g}', metric, segment, value), (metric, segment)) FILTER (WHERE is_breach) AS worst
    FROM latest
    GROUP BY subject
)
SELECT
    d.subject AS resource,
    CASE WHEN d.broken > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN d.broken > 0 THEN format('{} of {} features have drifted, as {}', d.broken, d.features, d.worst)
        ELSE format('{} features hold', d.features)
    END AS reason,
    coalesce(m.owner, '') AS owner,
    coalesce(m.tier, 3) AS tier
FROM drifted AS d
LEFT JOIN model AS m ON m.name = d.subject
ORDER BY d.subject
