SELECT
    id AS item,
    date_diff('second', greatest(first_seen, reopened_at), fixed_at) / 3600.0 AS value,
    fixed_at AS "at",
    asset || ' ' || title AS note
FROM finding
WHERE
    class = 'dependency' AND state = 'fixed' AND fixed_at BETWEEN $since AND $as_of
ORDER BY value DESC, item, note
