-- A deadline that was missed stays missed: past ones count beside the present ones.
WITH deadline AS (
    SELECT due_at, fixed_at, state
    FROM finding
    WHERE
        pillar = 'infrastructure_hardening'
        AND state IN ('open', 'triage', 'pending_waiver', 'fixed')
    UNION ALL
    SELECT past.due_at, past.ended_at AS fixed_at, 'fixed' AS state
    FROM past_deadline AS past
    INNER JOIN finding ON finding.id = past.finding_id
    WHERE finding.pillar = 'infrastructure_hardening'
)
SELECT
    (count(*) FILTER (WHERE fixed_at <= due_at) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max(scanned_at) FROM scan WHERE scanned_at <= $as_of) AS as_of
FROM deadline
WHERE due_at <= $as_of AND (due_at >= $since OR state <> 'fixed')
