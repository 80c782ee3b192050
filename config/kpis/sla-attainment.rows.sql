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
        f.id AS finding_id,
        sum(greatest(0, date_diff(
            'second', greatest(w.since, f.first_seen), least(w.until, CASE WHEN f.state = 'fixed' THEN f.fixed_at END, $as_of)
        ))) / 3600.0 AS hours
    FROM finding AS f
    INNER JOIN waived_span AS w ON w.finding_id = f.id
    GROUP BY f.id
)
SELECT
    id AS item,
    CAST(NULL AS DOUBLE) AS value,
    due_at AS "at",
    CASE
        WHEN fixed_at <= due_at THEN 'kept: '
        ELSE format('missed by {} h: ', date_diff('hour', due_at, coalesce(fixed_at, $as_of)))
    END || title
    || CASE WHEN waived.hours > 0 THEN format(', waived for {:.0f} h', waived.hours) ELSE '' END
        AS note
FROM deadline
LEFT JOIN waived ON waived.finding_id = deadline.id
WHERE due_at <= $as_of AND (due_at >= $since OR state <> 'fixed')
ORDER BY fixed_at <= due_at NULLS FIRST, due_at, item, note
