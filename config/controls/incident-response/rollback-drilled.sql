-- One row, when there is a ledger: the newest rollback that was confirmed, or drill that passed.
WITH walked AS (
    SELECT target, updated_at AS "at", id
    FROM action
    WHERE kind IN ('model.rollback', 'deployment.rollback') AND state = 'done' AND updated_at <= $as_of
    UNION ALL
    SELECT 'the runbook ' || runbook, "at", id FROM drill WHERE is_passed AND "at" <= $as_of
),
drilled AS (SELECT max("at") AS newest, max_by(target, ("at", id)) AS target FROM walked)
SELECT
    'rollback' AS resource,
    CASE WHEN date_diff('day', newest, $as_of) <= $days THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN newest IS NULL THEN 'no rollback was ever confirmed, and no drill passed'
        ELSE format('the last one, of {}, was confirmed {} days ago, {} at most', target, date_diff('day', newest, $as_of), $days)
    END AS reason
FROM drilled
WHERE EXISTS (SELECT 1 FROM ledger_entry)
