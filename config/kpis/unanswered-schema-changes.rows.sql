SELECT
    id AS item,
    CAST(NULL AS DOUBLE) AS value,
    first_seen AS "at",
    format('{:.0f} h: ', date_diff('second', greatest(first_seen, reopened_at), $as_of) / 3600.0) || asset || ' ' || title AS note
FROM finding
WHERE
    class = 'data' AND state IN ('open', 'triage', 'pending_waiver') AND acknowledged_at IS NULL
    AND regexp_matches(lower(metric || ' ' || rule), 'schema|column|data_?type')
    AND date_diff('hour', greatest(first_seen, reopened_at), $as_of) > 24
ORDER BY first_seen, item, note
