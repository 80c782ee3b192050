-- One row per request that waits; one for the ledger when none does.
SELECT
    id AS resource,
    CASE WHEN date_diff('hour', requested_at, $as_of) > 24 * $days THEN 'alarm' ELSE 'ok' END AS status,
    format('{} has waited for {} h', requester, date_diff('hour', requested_at, $as_of)) AS reason,
    requester
FROM waiver
WHERE state = 'requested'
UNION ALL
SELECT 'ledger', 'info', format('{} entries, no request waits', count(*)), ''
FROM ledger_entry
WHERE NOT EXISTS (SELECT 1 FROM waiver WHERE state = 'requested')
HAVING count(*) > 0
ORDER BY resource
