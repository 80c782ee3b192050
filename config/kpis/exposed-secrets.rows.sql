SELECT
    id AS item,
    CAST(NULL AS DOUBLE) AS value,
    first_seen AS "at",
    format('{:.0f} h: ', date_diff('second', greatest(first_seen, reopened_at), $as_of) / 3600.0) || asset || ' ' || title AS note
FROM finding
WHERE
    state IN ('open', 'triage', 'pending_waiver') AND first_seen <= $as_of
    AND class = 'secret'
ORDER BY first_seen, item, note
