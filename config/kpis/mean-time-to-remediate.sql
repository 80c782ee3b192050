SELECT
    avg(date_diff('second', greatest(first_seen, reopened_at), fixed_at)) / 3600 :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max(scanned_at) FROM scan WHERE scanned_at <= $as_of) AS as_of
FROM finding
WHERE class = 'dependency' AND state = 'fixed' AND fixed_at BETWEEN $since AND $as_of
