-- One row per production model: the latest reading of each accuracy and bias metric of its
-- champion. Readings without a version are taken to be the champion's.
WITH served AS (
    SELECT r.subject, r.metric, r.segment, r."at", r.value, r.threshold, r.is_breach
    FROM reading AS r
    INNER JOIN model_alias AS a
        ON a.model = r.subject AND a.alias = 'champion' AND coalesce(r.version, a.version) = a.version
    WHERE r.subject_kind = 'model' AND r.metric_class IN ('accuracy', 'bias') AND r."at" <= $as_of
),
measured AS (  -- grouped before it is joined: thousands of groups, not a row of each reading
    SELECT subject, metric, segment, version, max("at") AS "at"
    FROM reading
    WHERE subject_kind = 'model' AND metric_class IN ('accuracy', 'bias') AND "at" <= $as_of
    GROUP BY subject, metric, segment, version
),
last_ones AS (
    SELECT r.subject, r.metric, r.segment, max(r."at") AS "at"
    FROM measured AS r
    INNER JOIN model_alias AS a
        ON a.model = r.subject AND a.alias = 'champion' AND coalesce(r.version, a.version) = a.version
    GROUP BY r.subject, r.metric, r.segment
),
newest AS (
    SELECT s.subject, s.metric, s.segment, s."at", s.value, s.threshold, s.is_breach
    FROM served AS s
    INNER JOIN last_ones AS l
        ON l.subject = s.subject AND l.metric = s.metric AND l.segment = s.segment AND l."at" = s."at"
),
latest AS (
    SELECT
        subject, metric, segment, "at",
        arg_max(value, (is_breach, value)) AS value,
        arg_max(threshold, (is_breach, value, threshold)) AS threshold,
        bool_or(is_breach) AS is_breach
    FROM newest
    GROUP BY subject, metric, segment, "at"
),
live AS (
    SELECT
        subject,
        max("at") AS newest,
        count(*) AS metrics,
        count(*) FILTER (WHERE is_breach) AS broken,
        max_by(
            format('{} {:.4g} against {}', metric, value, coalesce(format('{:.4g}', threshold), 'its limit')),
            ("at", metric, segment)
        )
            FILTER (WHERE is_breach) AS breach
    FROM latest
    GROUP BY subject
)
SELECT
    a.model AS resource,
    CASE
        WHEN l.subject IS NULL OR l.broken > 0 THEN 'alarm'
        WHEN date_diff('minute', l.newest, $as_of) > $fresh_minutes THEN 'alarm'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN l.subject IS NULL THEN 'no live accuracy or bias was ever seen'
        WHEN l.broken > 0 THEN format('v{}: {}', a.version, l.breach)
        WHEN date_diff('minute', l.newest, $as_of) > $fresh_minutes
            THEN format('no reading for {} minutes', date_diff('minute', l.newest, $as_of))
        ELSE format('v{}: {} metrics hold', a.version, l.metrics)
    END AS reason,
    coalesce(m.owner, '') AS owner,
    coalesce(m.tier, 3) AS tier
FROM model_alias AS a
LEFT JOIN model AS m ON m.name = a.model
LEFT JOIN live AS l ON l.subject = a.model
WHERE a.alias = 'champion'
ORDER BY a.model
