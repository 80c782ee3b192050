WITH ledger AS (
    SELECT count(*) AS entries, min(ts) AS began, max(ts) AS newest FROM ledger_entry WHERE ts <= $as_of
),
drilled AS (
    SELECT kind || ' of ' || target AS what, updated_at AS "at"
    FROM action
    WHERE kind IN ('model.rollback', 'deployment.rollback') AND state = 'done' AND updated_at <= $as_of
    UNION ALL
    SELECT 'drill of ' || runbook, "at" FROM drill WHERE is_passed AND "at" <= $as_of
),
newest AS (SELECT max("at") AS last_at FROM drilled)
SELECT
    (date_diff('second', coalesce(n.last_at, l.began), $as_of) / 86400.0) :: DOUBLE AS value,
    l.entries AS sample,
    l.newest AS as_of
FROM ledger AS l, newest AS n
