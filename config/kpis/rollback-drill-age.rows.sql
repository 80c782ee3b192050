WITH tried AS (
    SELECT target AS item, updated_at AS "at", kind || ' ' || state AS note
    FROM action
    WHERE kind IN ('model.rollback', 'deployment.rollback') AND updated_at <= $as_of
    UNION ALL
    SELECT runbook, "at", CASE WHEN is_passed THEN 'drill passed' ELSE 'drill failed' END
    FROM drill
    WHERE "at" <= $as_of
)
SELECT item, date_diff('second', "at", $as_of) / 86400.0 AS value, "at", note
FROM tried
ORDER BY value, item, note
