-- The latest reading of each metric and segment of the serving version, and how what served did lately.
-- Of a metric that the serving version has no reading of, it is that of what served before.
-- params: model VARCHAR, points INTEGER
-- returns: subject, metric, segment, latest (one reading, and whether it is of what serves now), moments (UTC) and amounts, oldest first;
--   of one model, or of all when $model is NULL; the past is that of whichever version served at the
--   time, as far as its moves were seen, so that a rollback does not end it; readings of versions that
--   did not serve are left out
WITH served AS (
    SELECT model, "at", arg_max(to_version, rev) AS version
    FROM model_alias_move
    WHERE alias = 'champion'
    GROUP BY model, "at"
    UNION ALL
    SELECT model, TIMESTAMP '0001-01-01 00:00:00', arg_min(from_version, ("at", rev))
    FROM model_alias_move
    WHERE alias = 'champion'
    GROUP BY model
),
known AS (
    SELECT
        reading.*,
        reading.version IS NULL OR alias.version IS NULL OR reading.version = alias.version AS is_current,
        reading.version IS NULL OR alias.version IS NULL
        OR reading.version = coalesce(served.version, alias.version) AS has_served
    FROM reading
    LEFT JOIN model_alias AS alias ON alias.model = reading.subject AND alias.alias = 'champion'
    ASOF LEFT JOIN served ON served.model = reading.subject AND served."at" <= reading."at"
    WHERE reading.subject_kind = 'model' AND ($model IS NULL OR reading.subject = $model)
),
recent AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY subject, metric, segment
            ORDER BY NOT is_current, "at" DESC, seen_at DESC, is_breach DESC, value, source_id, version
        ) AS newest,
        row_number() OVER (
            PARTITION BY subject, metric, segment
            ORDER BY NOT has_served, "at" DESC, seen_at DESC, is_breach DESC, value, source_id, version
        ) AS nth
    FROM known
    WHERE is_current OR has_served
)
SELECT
    subject, metric, segment,
    first({
        'metric_class': metric_class, 'version': version, 'value': value, 'unit': unit,
        'threshold': threshold, 'direction': direction, 'is_breach': is_breach, 'at': "at",
        'is_current': is_current
    }) FILTER (WHERE newest = 1) AS latest,
    coalesce(list("at" ORDER BY nth DESC) FILTER (WHERE has_served AND nth <= $points), []) AS moments,
    coalesce(list(value ORDER BY nth DESC) FILTER (WHERE has_served AND nth <= $points), []) AS amounts
FROM recent
GROUP BY subject, metric, segment
ORDER BY subject, metric, segment
