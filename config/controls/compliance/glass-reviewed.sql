-- One row per broken glass; one for the ledger when none was.
SELECT
    id AS resource,
    CASE
        WHEN reviewed_at IS NOT NULL AND reviewed_at > review_by THEN 'alarm'
        WHEN reviewed_at IS NULL AND ended_at IS NULL AND review_by < $as_of THEN 'alarm'
        ELSE 'ok'
    END AS status,
    CASE
        WHEN reviewed_at IS NOT NULL AND reviewed_at > review_by
            THEN format('{}: {} by {} was reviewed {} h too late', kind, subject, actor,
                        date_diff('hour', review_by, reviewed_at))
        WHEN reviewed_at IS NOT NULL THEN format('{}: reviewed by {}', kind, reviewer)
        WHEN ended_at IS NOT NULL THEN format('{}: ended', kind)
        WHEN review_by < $as_of
            THEN format('{}: {} by {} should have been reviewed {} h ago', kind, subject, actor,
                        date_diff('hour', review_by, $as_of))
        ELSE format('{}: waits for a review', kind)
    END AS reason,
    actor
FROM glass_broken
UNION ALL
SELECT 'ledger', 'info', format('{} entries, no glass was broken', count(*)), ''
FROM ledger_entry
WHERE NOT EXISTS (SELECT 1 FROM glass_broken)
HAVING count(*) > 0
ORDER BY resource
