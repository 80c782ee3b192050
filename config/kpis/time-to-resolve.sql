SELECT
    avg(date_diff('second', greatest(detected_at, reopened_at), least(fixed_at, $as_of))) / 3600 :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max("at") FROM reading WHERE "at" <= $as_of) AS as_of
FROM finding
WHERE
    class IN ('model', 'data') AND severity >= 3 AND detected_at <= $as_of
    AND (
        (state = 'fixed' AND fixed_at BETWEEN $since AND $as_of)
        OR state IN ('open', 'triage', 'pending_waiver')
    )
