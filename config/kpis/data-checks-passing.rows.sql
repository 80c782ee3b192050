WITH checked AS (
    SELECT
        subject, metric, segment, "at", sample_size,
        CASE WHEN unit = 'percent' THEN value ELSE value * 100 END AS said,
        CASE WHEN direction = 'at_most' THEN 100 - said ELSE said END AS share -- at most: what fails
    FROM reading
    WHERE
        subject_kind = 'dataset' AND metric_class = 'quality' AND unit IN ('ratio', 'percent')
        AND "at" BETWEEN $since AND $as_of
)
SELECT
    subject || ' ' || metric || CASE WHEN segment = '' THEN '' ELSE ' ' || segment END AS item,
    arg_max(share, ("at", -share)) AS value,
    max("at") AS "at",
    CASE arg_max_null(sample_size, ("at", -share, -sample_size))
        WHEN 0 THEN 'no row checked, which counts only when it fails'
        ELSE coalesce(arg_max(sample_size, ("at", -share, -sample_size)) || ' rows checked', 'size unknown')
    END AS note
FROM checked
GROUP BY subject, metric, segment
ORDER BY value, item, note
