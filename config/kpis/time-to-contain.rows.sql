SELECT
    id AS item,
    date_diff('second', greatest(detected_at, reopened_at), least(contained_at, fixed_at, $as_of)) / 3600.0 AS value,
    detected_at AS "at",
    state || ' ' || title AS note
FROM finding
WHERE
    class IN ('model', 'data') AND state <> 'false_positive'
    AND greatest(detected_at, reopened_at) BETWEEN $since AND $as_of
ORDER BY value DESC, item, note
