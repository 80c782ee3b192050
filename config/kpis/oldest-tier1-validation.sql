WITH latest AS (
    SELECT
        subject,
        arg_max(value, ("at", value)) FILTER (WHERE metric_class = 'freshness' AND unit = 'seconds') AS age_seconds,
        max("at") FILTER (WHERE metric_class = 'freshness' AND unit = 'seconds') AS measured_at,
        max("at") FILTER (WHERE metric_class = 'quality') AS checked_at,
        max("at") AS newest
    FROM reading
    WHERE subject_kind = 'dataset' AND "at" BETWEEN $since AND $as_of
    GROUP BY subject
),
aged AS (
    SELECT
        a.name,
        coalesce(
            l.age_seconds + date_diff('second', l.measured_at, $as_of),
            date_diff('second', l.checked_at, $as_of),
            date_diff('second', $since, $as_of)
        ) AS seconds,
        l.newest
    FROM asset AS a
    LEFT JOIN latest AS l ON l.subject = a.name
    WHERE a.kind = 'dataset' AND a.tier = 1
)
SELECT
    CASE WHEN count(newest) > 0 THEN max(seconds) / 3600 END :: DOUBLE AS value,
    count(*) AS sample,
    max(newest) AS as_of
FROM aged
