-- One row per waiver that is or was in force; one for the ledger when there is none.
WITH covered AS (
    SELECT
        w.waiver_id,
        max(f.severity) AS severity,
        count(*) FILTER (WHERE f.state IN ('open', 'triage', 'pending_waiver')) AS open_findings
    FROM waiver_finding AS w
    INNER JOIN finding AS f ON f.id = w.finding_id
    GROUP BY w.waiver_id
),
judged AS (
    SELECT
        w.id,
        w.requester,
        w.approver,
        CASE
            WHEN w.state = 'granted' AND w.expires_at <= $as_of THEN 'it has expired and is still in force'
            WHEN w.state = 'granted' AND length(trim(w.justification)) < $min_justification
                THEN 'its justification is too short to judge'
            WHEN w.state = 'granted' AND c.severity >= $four_eyes_severity
                AND (w.approver = '' OR lower(w.approver) = lower(w.requester))
                THEN 'no second person has granted it'
            WHEN w.state = 'expired' AND coalesce(c.open_findings, 0) > 0
                THEN format('it has expired and {} of its findings are open', c.open_findings)
        END AS fault,
        w.state,
        w.expires_at
    FROM waiver AS w
    LEFT JOIN covered AS c ON c.waiver_id = w.id
    WHERE w.state IN ('granted', 'expired')
)
SELECT
    id AS resource,
    CASE WHEN fault IS NOT NULL THEN 'alarm' WHEN state = 'expired' THEN 'info' ELSE 'ok' END AS status,
    coalesce(fault, format('{}, expires {}', state, strftime(expires_at, '%Y-%m-%d %H:%M UTC'))) AS reason,
    requester,
    approver
FROM judged
UNION ALL
SELECT 'ledger', 'info', format('{} entries, no waiver in force', count(*)), '', ''
FROM ledger_entry
WHERE NOT EXISTS (SELECT 1 FROM judged)
HAVING count(*) > 0
ORDER BY resource
