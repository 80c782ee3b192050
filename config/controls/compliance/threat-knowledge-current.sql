-- One row per kind of knowledge that was read.
SELECT
    kind AS resource,
    CASE WHEN date_diff('hour', max(dated), $as_of) <= 24 * $days THEN 'ok' ELSE 'alarm' END AS status,
    format('dated {} h ago, {} days at most', date_diff('hour', max(dated), $as_of), $days) AS reason
FROM enrichment
WHERE kind IN ('kev', 'epss') AND dated <= $as_of
GROUP BY kind
ORDER BY kind
