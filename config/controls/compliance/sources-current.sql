-- One row per source.
SELECT
    name AS resource,
    CASE
        WHEN state <> 'failed' AND date_diff('hour', last_success, $as_of) <= $hours THEN 'ok'
        ELSE 'alarm'
    END AS status,
    CASE
        WHEN last_success IS NULL THEN 'it was never read'
        WHEN state = 'failed' THEN format('the last attempt failed: {}', message)
        ELSE format('read {} h ago, {} at most', date_diff('hour', last_success, $as_of), $hours)
    END AS reason,
    kind
FROM source
ORDER BY name
