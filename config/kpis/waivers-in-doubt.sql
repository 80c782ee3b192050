WITH uncovered AS (
    SELECT DISTINCT w.waiver_id
    FROM waiver_finding AS w
    INNER JOIN finding AS f ON f.id = w.finding_id
    WHERE f.state IN ('open', 'triage', 'pending_waiver')
),
doubted AS (
    SELECT count(*) AS waivers
    FROM waiver AS w
    LEFT JOIN uncovered AS u ON u.waiver_id = w.id
    WHERE
        (w.state = 'expired' AND u.waiver_id IS NOT NULL AND w.expires_at >= $since)
        OR (
            w.state = 'granted'
            AND (w.expires_at <= $as_of OR trim(w.justification) = '' OR w.requester = '' OR w.reason = '')
        )
)
SELECT
    CASE WHEN count(*) > 0 THEN (SELECT waivers FROM doubted) END :: DOUBLE AS value,
    count(*) AS sample,
    max(ts) AS as_of
FROM ledger_entry
WHERE ts <= $as_of
