SELECT
    id AS item,
    greatest(date_diff('millisecond', onset_at, detected_at), 0) / 60000.0 AS value,
    detected_at AS "at",
    state || ' ' || title AS note
FROM finding
WHERE
    class IN ('model', 'data') AND onset_at IS NOT NULL AND state <> 'false_positive'
    AND detected_at BETWEEN $since AND $as_of
ORDER BY value DESC, item, note
