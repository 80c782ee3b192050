-- The latest reading of each metric and segment of the serving version, with its recent past.
-- params: model VARCHAR, points INTEGER
-- returns: subject, metric, segment, latest (one reading), moments (UTC) and amounts, oldest first;
--   of one model, or of all when $model is NULL; readings of other versions are left out
WITH recent AS (
    SELECT
        reading.*,
        row_number() OVER (
            PARTITION BY subject, metric, segment
            ORDER BY reading."at" DESC, reading.seen_at DESC, reading.is_breach DESC, reading.value,
                reading.source_id, reading.version
        ) AS nth
    FROM reading
    LEFT JOIN model_alias AS alias ON alias.model = reading.subject AND alias.alias = 'champion'
    WHERE
        reading.subject_kind = 'model' AND ($model IS NULL OR reading.subject = $model)
        AND (reading.version IS NULL OR alias.version IS NULL OR reading.version = alias.version)
)
SELECT
    subject, metric, segment,
    first({
        'metric_class': metric_class, 'version': version, 'value': value, 'unit': unit,
        'threshold': threshold, 'direction': direction, 'is_breach': is_breach, 'at': "at"
    }) FILTER (WHERE nth = 1) AS latest,
    list("at" ORDER BY nth DESC) AS moments,
    list(value ORDER BY nth DESC) AS amounts
FROM recent
WHERE nth <= $points
GROUP BY subject, metric, segment
ORDER BY subject, metric, segment
