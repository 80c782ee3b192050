-- Accuracy, bias and drift of each model once a day for `days` days, and the checks of 60 data sets.
-- params: days BIGINT, as_of TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO reading BY NAME
WITH day AS (
    SELECT CAST($as_of AS TIMESTAMP) - to_minutes(CAST(5 + 1440 * range AS INTEGER)) AS "at"
    FROM range($days)
),
metric AS (
    SELECT * FROM (VALUES
        ('accuracy', 'accuracy', 0.9, 'at_least'), ('parity', 'bias', 0.1, 'at_most'),
        ('psi', 'drift', 0.25, 'at_most')) AS t(metric, metric_class, threshold, direction)
),
measured AS (
    SELECT 'model' AS subject_kind, name AS subject, metric, metric_class, threshold, direction, "at", 3 AS version
    FROM model, metric, day
    UNION ALL
    SELECT 'dataset', 'data-' || range, 'checks', 'quality', 0.98, 'at_least', "at", NULL
    FROM range(60), day
)
SELECT
    subject_kind, subject, metric, metric_class, '' AS segment, version, "at",
    CASE direction WHEN 'at_least' THEN 0.95 ELSE 0.05 END AS value, 'ratio' AS unit, threshold,
    direction, hash(subject || metric || "at") % 97 = 0 AS is_breach,
    CAST(NULL AS INTEGER) AS window_seconds, CAST(1000 AS BIGINT) AS sample_size,
    'bench' AS source_id, CAST($as_of AS TIMESTAMP) AS seen_at, CAST($rev AS BIGINT) AS rev
FROM measured
