SELECT
    id AS item,
    CAST(NULL AS DOUBLE) AS value,
    detected_at AS "at",
    format('{:.0f} h: ', date_diff('second', greatest(detected_at, reopened_at), $as_of) / 3600.0) || asset || ' ' || title AS note
FROM finding
WHERE
    severity = 4 AND state IN ('open', 'triage', 'pending_waiver')
    AND (class IN ('model', 'data') OR lower(tool) = 'alertmanager')
ORDER BY detected_at, item, note
