WITH deployed AS (
    SELECT DISTINCT subject, segment, "at"
    FROM reading
    WHERE
        subject_kind = 'service' AND metric = 'deployment_success'
        AND "at" BETWEEN $since AND $as_of AND regexp_matches(lower(segment), '^(prod|live)')
)
SELECT
    d.subject || ' ' || d.segment AS item,
    CAST(NULL AS DOUBLE) AS value,
    d."at",
    CASE
        WHEN count(s.id) > 0 THEN format('scanned {} h before', date_diff('hour', max(s.scanned_at), d."at"))
        ELSE 'no complete scan within a week before'
    END AS note
FROM deployed AS d
LEFT JOIN scan AS s
    ON s.asset = d.subject AND s.is_complete AND s.outcome IN ('applied', 'repeated')
    AND s.scanned_at BETWEEN d."at" - INTERVAL 7 DAY AND d."at"
GROUP BY d.subject, d.segment, d."at"
ORDER BY count(s.id) > 0, d."at" DESC, item, note
