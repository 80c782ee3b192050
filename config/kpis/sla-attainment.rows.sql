WITH deadline AS (
    SELECT id, title, due_at, fixed_at, state
    FROM finding
    WHERE
        pillar = 'infrastructure_hardening'
        AND state IN ('open', 'triage', 'pending_waiver', 'fixed')
    UNION ALL
    SELECT finding.id, finding.title, past.due_at, past.ended_at, 'fixed'
    FROM past_deadline AS past
    INNER JOIN finding ON finding.id = past.finding_id
    WHERE finding.pillar = 'infrastructure_hardening'
),
waived AS (
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
    CAST(NULL AS DOUBLE) AS value,
    due_at AS "at",
    CASE
        WHEN fixed_at <= due_at THEN 'kept: '
        ELSE format('missed by {} h: ', date_diff('hour', due_at, coalesce(fixed_at, $as_of)))
    END || title
    || CASE WHEN waived.hours > 0 THEN format(', waived for {} h', waived.hours) ELSE '' END
        AS note
FROM deadline
LEFT JOIN waived ON waived.finding_id = deadline.id
WHERE due_at <= $as_of AND (due_at >= $since OR state <> 'fixed')
ORDER BY fixed_at <= due_at NULLS FIRST, due_at, item, note
