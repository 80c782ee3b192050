SELECT
    subject || ' ' || metric || CASE WHEN segment = '' THEN '' ELSE ' ' || segment END AS item,
    arg_max(CASE WHEN unit = 'percent' THEN value ELSE value * 100 END, ("at", -value)) AS value,
    max("at") AS "at",
    CASE arg_max_null(sample_size, ("at", -value, -sample_size))
        WHEN 0 THEN 'no row checked, which counts only when it fails'
        ELSE coalesce(arg_max(sample_size, ("at", -value, -sample_size)) || ' rows checked', 'size unknown')
    END AS note
FROM reading
WHERE
    subject_kind = 'dataset' AND metric_class = 'quality' AND unit IN ('ratio', 'percent')
    AND "at" BETWEEN $since AND $as_of
GROUP BY subject, metric, segment
ORDER BY value, item, note
