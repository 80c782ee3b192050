-- One row per waiver in force.
WITH judged AS (
    SELECT
        w.id,
        w.requester,
        w.approver,
        date_diff('day', coalesce(w.decided_at, w.requested_at), w.expires_at) AS days,
        CASE WHEN max(f.severity) >= 4 THEN $critical_days ELSE $days END AS most
    FROM waiver AS w
    LEFT JOIN waiver_finding AS c ON c.waiver_id = w.id
    LEFT JOIN finding AS f ON f.id = c.finding_id
    WHERE w.state = 'granted'
    GROUP BY w.id, w.requester, w.approver, w.decided_at, w.requested_at, w.expires_at
)
SELECT
    id AS resource,
    CASE WHEN days > most THEN 'alarm' ELSE 'ok' END AS status,
    format('{} days, {} at most', days, most) AS reason,
    requester,
    approver
FROM judged
ORDER BY id
