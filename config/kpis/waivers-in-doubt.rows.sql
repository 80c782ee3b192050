WITH uncovered AS (
    SELECT DISTINCT w.waiver_id
    FROM waiver_finding AS w
    INNER JOIN finding AS f ON f.id = w.finding_id
    WHERE f.state IN ('open', 'triage', 'pending_waiver')
)
SELECT
    w.id AS item,
    CAST(NULL AS DOUBLE) AS value,
    w.expires_at AS "at",
    CASE
        WHEN w.state = 'expired' THEN 'expired, with open findings'
        WHEN w.expires_at <= $as_of THEN 'in force after its end'
        ELSE 'without justification, requester or reason'
    END AS note
FROM waiver AS w
LEFT JOIN uncovered AS u ON u.waiver_id = w.id
WHERE
    (w.state = 'expired' AND u.waiver_id IS NOT NULL AND w.expires_at >= $since)
    OR (
        w.state = 'granted'
        AND (w.expires_at <= $as_of OR trim(w.justification) = '' OR w.requester = '' OR w.reason = '')
    )
ORDER BY w.expires_at, item, note
