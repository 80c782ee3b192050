SELECT
    id AS item,
    date_diff('second', greatest(first_seen, reopened_at), $as_of) / 3600.0 AS value,
    first_seen AS "at",
    asset || ' ' || title AS note
FROM finding
WHERE
    state IN ('open', 'triage', 'pending_waiver') AND first_seen <= $as_of
    AND class = 'secret'
ORDER BY value DESC
