WITH fixed AS (
    SELECT id, asset || ' ' || title AS words, greatest(first_seen, reopened_at) AS since, fixed_at
    FROM finding
    WHERE class = 'dependency' AND state = 'fixed' AND fixed_at BETWEEN $since AND $as_of
),
waived AS (
    SELECT
        f.id,
        sum(greatest(0, date_diff('second', greatest(w.since, f.since), least(w.until, f.fixed_at)))) / 3600.0
            AS hours
    FROM fixed AS f
    INNER JOIN waived_span AS w ON w.finding_id = f.id
    GROUP BY f.id
)
SELECT
    fixed.id AS item,
    date_diff('second', since, fixed_at) / 3600.0 AS value,
    fixed_at AS "at",
    words || CASE WHEN hours > 0 THEN format(', waived for {:.0f} h of it', hours) ELSE '' END AS note
FROM fixed
LEFT JOIN waived ON waived.id = fixed.id
ORDER BY value DESC, item, note
