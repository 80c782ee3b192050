-- One row per subject of incidents; one row in all while there was none.
WITH judged AS (
    SELECT
        subject,
        resolved_at IS NULL AND acknowledged_at IS NULL AND acknowledge_due_at < $as_of AS is_unanswered,
        reviewed_at IS NULL AND review_due_at < $as_of AS is_unreviewed
    FROM incident
),
counted AS (
    SELECT
        subject, count(*) AS incidents, count(*) FILTER (WHERE is_unanswered) AS unanswered,
        count(*) FILTER (WHERE is_unreviewed) AS unreviewed
    FROM judged
    GROUP BY subject
)
SELECT
    subject AS resource,
    CASE WHEN unanswered + unreviewed > 0 THEN 'alarm' ELSE 'ok' END AS status,
    CASE
        WHEN unanswered + unreviewed = 0 THEN format('{} incidents, each answered and reviewed in time', incidents)
        ELSE format('{} not acknowledged in time, {} not reviewed in time', unanswered, unreviewed)
    END AS reason
FROM counted
UNION ALL
SELECT 'incidents', 'ok', 'there was none'
WHERE NOT EXISTS (SELECT 1 FROM incident) AND EXISTS (SELECT 1 FROM ledger_entry)
ORDER BY resource
