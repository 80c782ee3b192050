-- One row per source that was read.
SELECT
    name AS resource,
    CASE WHEN is_truncated OR state = 'partial' THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN is_truncated OR state = 'partial' THEN format('only a part was read: {}', message)
        ELSE format('{} rows in {} pages', "rows", pages)
    END AS reason,
    kind
FROM source
WHERE last_success IS NOT NULL
ORDER BY name
