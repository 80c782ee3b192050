WITH latest AS (
    SELECT
        subject,
        try_cast(CASE WHEN unit = 'percent' THEN value ELSE value * 100 END AS DECIMAL(18, 9)) AS share,
        coalesce(sample_size, 0) AS weight,
        coalesce(sample_size > 0, true) OR is_breach AS is_counted, -- passing on no rows says nothing
        "at",
        row_number() OVER (PARTITION BY subject, metric, segment ORDER BY "at" DESC, value, sample_size) AS nth
    FROM reading
    WHERE
        subject_kind = 'dataset' AND metric_class = 'quality' AND unit IN ('ratio', 'percent')
        AND "at" BETWEEN $since AND $as_of
)
SELECT
    CASE
        WHEN min(weight) > 0 THEN sum(share * weight) / sum(weight)
        ELSE avg(share)
    END :: DOUBLE AS value,
    count(*) AS sample,
    max("at") AS as_of
FROM latest
WHERE nth = 1 AND is_counted
