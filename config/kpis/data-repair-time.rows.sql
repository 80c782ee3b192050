SELECT
    id AS item,
    date_diff('second', greatest(detected_at, reopened_at), least(fixed_at, $as_of)) / 3600.0 AS value,
    detected_at AS "at",
    state || ' ' || title AS note
FROM finding
WHERE
    class = 'data' AND severity >= 3 AND detected_at <= $as_of
    AND (
        (state = 'fixed' AND fixed_at BETWEEN $since AND $as_of)
        OR state IN ('open', 'triage', 'pending_waiver')
    )
ORDER BY value DESC, item, note
