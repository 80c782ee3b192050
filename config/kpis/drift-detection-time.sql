SELECT
    quantile_cont(greatest(date_diff('millisecond', onset_at, detected_at), 0) / 60000.0, 0.95) :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max("at") FROM reading WHERE "at" <= $as_of) AS as_of
FROM finding
WHERE
    class IN ('model', 'data') AND onset_at IS NOT NULL AND state <> 'false_positive'
    AND detected_at BETWEEN $since AND $as_of
