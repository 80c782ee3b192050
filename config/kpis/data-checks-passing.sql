WITH checked AS (
    SELECT
        subject, metric, segment, "at", sample_size, is_breach,
        try_cast(CASE WHEN unit = 'percent' THEN value ELSE value * 100 END AS DECIMAL(18, 9)) AS said,
        CASE WHEN direction = 'at_most' THEN 100 - said ELSE said END AS share -- at most: what fails
    FROM reading
    WHERE
        subject_kind = 'dataset' AND metric_class = 'quality' AND unit IN ('ratio', 'percent')
        AND "at" BETWEEN $since AND $as_of
),
latest AS (
    SELECT
        subject, share, coalesce(sample_size, 0) AS weight,
        coalesce(sample_size > 0, true) OR is_breach AS is_counted, -- passing on no rows says nothing
        "at",
        row_number() OVER (PARTITION BY subject, metric, segment ORDER BY "at" DESC, share, sample_size) AS nth
    FROM checked
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
