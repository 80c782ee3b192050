-- Notes once for each finding and waiver that the waiver no longer covers it, and why.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_event BY NAME
SELECT
    review.finding_id, $now AS "at", 'waiver_review' AS kind, '' AS scan_id, review.detail,
    $rev AS rev
FROM (
    SELECT DISTINCT
        f.id AS finding_id,
        'waiver ' || left(cover.waiver_id, 10) || ' no longer covers it: ' || CASE
            WHEN f.severity > cover.severity THEN 'it became worse'
            WHEN f.is_kev AND NOT cover.is_kev THEN 'it is exploited by now'
            ELSE 'it was fixed and came back'
        END AS detail
    FROM projected_cover AS cover
    JOIN finding AS f ON f.id = cover.finding_id
    WHERE cover.state <> 'pending_waiver'
        AND f.state NOT IN ('fixed', 'suppressed_at_source')
        AND (f.severity > cover.severity OR (f.is_kev AND NOT cover.is_kev)
            OR f.reopened_at > cover.since)
) AS review
WHERE NOT EXISTS (
    SELECT 1 FROM finding_event AS e
    WHERE e.finding_id = review.finding_id AND e.kind = 'waiver_review'
        AND e.detail = review.detail
)
