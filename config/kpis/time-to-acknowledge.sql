SELECT
    avg(date_diff('second', greatest(detected_at, reopened_at), least(acknowledged_at, fixed_at, $as_of))) / 60 :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max("at") FROM reading WHERE "at" <= $as_of) AS as_of
FROM finding
WHERE
    class IN ('model', 'data') AND state <> 'false_positive'
    AND greatest(detected_at, reopened_at) BETWEEN $since AND $as_of
