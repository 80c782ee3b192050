-- How every series of some subjects stands: of models only the serving version counts.
-- params: none
-- returns: subject_kind, subject, metric, segment, metric_class, value, unit, threshold, direction,
--   version, newest, onset (NULL when the newest reading is good), recovered_at, tier
WITH serving AS (
    SELECT model, version
    FROM model_alias
    WHERE alias = 'champion'
), relevant AS (
    SELECT reading.*
    FROM reading
    JOIN incoming_subject
        ON incoming_subject.subject_kind = reading.subject_kind
        AND incoming_subject.subject = reading.subject
    LEFT JOIN serving
        ON reading.subject_kind = 'model' AND serving.model = reading.subject
    QUALIFY reading.version IS NULL OR reading.version = coalesce(
        serving.version,
        arg_max(reading.version, (reading."at", reading.version)) OVER (
            PARTITION BY reading.subject_kind, reading.subject, reading.metric, reading.segment
        )
    )
), turned AS (
    SELECT
        *,
        ("at", is_breach, value, source_id) AS place, -- of two at one moment the worse counts
        max("at") FILTER (NOT is_breach) OVER (
            PARTITION BY subject_kind, subject, metric, segment
        ) AS last_good,
        max("at") FILTER (is_breach) OVER (
            PARTITION BY subject_kind, subject, metric, segment
        ) AS last_breach
    FROM relevant
)
SELECT
    turned.subject_kind, turned.subject, turned.metric, turned.segment,
    arg_max(turned.metric_class, turned.place),
    arg_max(turned.value, turned.place),
    arg_max(turned.unit, turned.place),
    arg_max(turned.threshold, turned.place),
    arg_max(turned.direction, turned.place),
    arg_max(turned.version, turned.place),
    max(turned."at") AS newest,
    min(turned."at") FILTER (
        turned.is_breach AND (turned.last_good IS NULL OR turned."at" > turned.last_good)
    ) AS onset,
    min(turned."at") FILTER (
        NOT turned.is_breach AND turned."at" > turned.last_breach
    ) AS recovered_at,
    coalesce(max(model.tier), max(asset.tier), 3) AS tier
FROM turned
LEFT JOIN model ON turned.subject_kind = 'model' AND model.name = turned.subject
LEFT JOIN asset ON asset.name = turned.subject
GROUP BY turned.subject_kind, turned.subject, turned.metric, turned.segment
ORDER BY turned.subject_kind, turned.subject, turned.metric, turned.segment
