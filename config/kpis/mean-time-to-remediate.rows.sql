WITH waived AS (
    SELECT
        c.finding_id,
        sum(greatest(0, date_diff(
            'hour', w.decided_at, least(w.expires_at, coalesce(w.stopped_at, $as_of), $as_of)
        ))) AS hours
    FROM waiver_finding AS c
    INNER JOIN waiver AS w ON w.id = c.waiver_id
    WHERE w.state IN ('granted', 'suspended', 'superseded', 'revoked', 'expired') AND w.decided_at <= $as_of
    GROUP BY c.finding_id
)
SELECT
    id AS item,
    date_diff('second', greatest(first_seen, reopened_at), fixed_at) / 3600.0 AS value,
    fixed_at AS "at",
    asset || ' ' || title
    || CASE WHEN waived.hours > 0 THEN format(', waived for {} h of it', waived.hours) ELSE '' END
        AS note
FROM finding
LEFT JOIN waived ON waived.finding_id = finding.id
WHERE
    class = 'dependency' AND state = 'fixed' AND fixed_at BETWEEN $since AND $as_of
ORDER BY value DESC, item, note
