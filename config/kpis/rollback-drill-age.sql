WITH ledger AS (
    SELECT count(*) AS entries, min(ts) AS began, max(ts) AS newest FROM ledger_entry WHERE ts <= $as_of
),
drilled AS (
    SELECT max(updated_at) AS last_at
    FROM action
    WHERE kind IN ('model.rollback', 'deployment.rollback') AND state = 'done' AND updated_at <= $as_of
)
SELECT
    (date_diff('second', coalesce(d.last_at, l.began), $as_of) / 86400.0) :: DOUBLE AS value,
    l.entries AS sample,
    l.newest AS as_of
FROM ledger AS l, drilled AS d
