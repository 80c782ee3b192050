SELECT
    target AS item,
    date_diff('second', updated_at, $as_of) / 86400.0 AS value,
    updated_at AS "at",
    kind || ' ' || state AS note
FROM action
WHERE kind IN ('model.rollback', 'deployment.rollback') AND updated_at <= $as_of
ORDER BY value, item, note
