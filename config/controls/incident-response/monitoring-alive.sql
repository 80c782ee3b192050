-- One row per source that monitors.
SELECT
    name AS resource,
    CASE
        WHEN state <> 'failed' AND date_diff('minute', last_success, $as_of) <= 60 * $hours THEN 'ok'
        ELSE 'alarm'
    END AS status,
    CASE
        WHEN last_success IS NULL THEN 'it never answered'
        ELSE format('it answered {} min ago, {}', date_diff('minute', last_success, $as_of), state)
    END AS reason,
    kind
FROM source
WHERE kind IN ('prometheus', 'alertmanager', 'evidently', 'nannyml', 'cloudwatch', 'sagemaker')
ORDER BY name
