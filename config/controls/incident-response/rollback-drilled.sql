-- One row, when there is a ledger: the newest rollback that was confirmed.
WITH drilled AS (
    SELECT max(updated_at) AS newest, max_by(target, (updated_at, id)) AS target
    FROM action
    WHERE kind IN ('model.rollback', 'deployment.rollback') AND state = 'done' AND updated_at <= $as_of
)
SELECT
    'rollback' AS resource,
    CASE WHEN date_diff('day', newest, $as_of) <= $days THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN newest IS NULL THEN 'no rollback was ever confirmed'
        ELSE format('the last one, of {}, was confirmed {} days ago, {} at most', target, date_diff('day', newest, $as_of), $days)
    END AS reason
FROM drilled
WHERE EXISTS (SELECT 1 FROM ledger_entry)
