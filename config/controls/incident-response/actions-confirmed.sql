-- One row per action of the last days; one for the ledger when there is none.
WITH recent AS (
    SELECT id, kind, target, state, message, decided_by, date_diff('minute', decided_at, $as_of) AS minutes
    FROM action
    WHERE decided_at >= $as_of - to_days(CAST($days AS INTEGER))
)
SELECT
    id AS resource,
    CASE
        WHEN state IN ('refused', 'unknown') THEN 'alarm'
        WHEN state IN ('pending', 'sent') AND minutes > $minutes THEN 'alarm'
        WHEN state = 'requested' THEN 'info'
        ELSE 'ok'
    END AS status,
    format('{} of {}: {}, decided {} min ago', kind, target, state, minutes) AS reason,
    decided_by
FROM recent
UNION ALL
SELECT 'ledger', 'info', format('{} entries, nothing decided in {} days', count(*), $days), ''
FROM ledger_entry
WHERE NOT EXISTS (SELECT 1 FROM recent)
HAVING count(*) > 0
ORDER BY resource
