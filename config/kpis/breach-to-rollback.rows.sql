SELECT
    id AS item,
    date_diff('second', coalesce(onset_at, detected_at), coalesce(contained_at, $as_of)) / 60.0 AS value,
    detected_at AS "at",
    state || ' ' || title AS note
FROM finding
WHERE
    class = 'model' AND severity >= 3 AND detected_at BETWEEN $since AND $as_of
    AND severity_raw IN ('accuracy', 'bias')
    AND (contained_at <= $as_of OR state IN ('open', 'triage', 'pending_waiver'))
ORDER BY value DESC, item, note
