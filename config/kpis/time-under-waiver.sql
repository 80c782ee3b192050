WITH life AS (
    SELECT
        id,
        greatest(first_seen, reopened_at, $since) AS since,
        least(CASE WHEN state = 'fixed' THEN fixed_at END, $as_of) AS until
    FROM finding
    WHERE
        pillar = 'infrastructure_hardening'
        AND state IN ('open', 'triage', 'pending_waiver', 'waived', 'fixed')
),
waived AS (
    SELECT
        l.id,
        sum(greatest(0, date_diff('second', greatest(w.since, l.since), least(w.until, l.until)))) AS seconds
    FROM life AS l
    INNER JOIN waived_span AS w ON w.finding_id = l.id
    GROUP BY l.id
)
SELECT
    (100.0 * coalesce(sum(waived.seconds), 0) / nullif(sum(date_diff('second', life.since, life.until)), 0)) :: DOUBLE
        AS value,
    count(*) AS sample,
    (SELECT max(scanned_at) FROM scan WHERE scanned_at <= $as_of) AS as_of
FROM life
LEFT JOIN waived ON waived.id = life.id
WHERE life.until > life.since
