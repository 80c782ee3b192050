WITH deployed AS (
    SELECT DISTINCT subject, segment, "at"
    FROM reading
    WHERE
        subject_kind = 'service' AND metric = 'deployment_success'
        AND "at" BETWEEN $since AND $as_of AND regexp_matches(lower(segment), '^(prod|live)')
),
looked AS (
    SELECT d.subject, d.segment, d."at", count(s.id) > 0 AS is_scanned
    FROM deployed AS d
    LEFT JOIN scan AS s
        ON s.asset = d.subject AND s.is_complete AND s.outcome IN ('applied', 'repeated')
        AND s.scanned_at BETWEEN d."at" - INTERVAL 7 DAY AND d."at"
    GROUP BY d.subject, d.segment, d."at"
)
SELECT
    (count(*) FILTER (WHERE is_scanned) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    max("at") AS as_of
FROM looked
