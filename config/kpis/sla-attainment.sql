SELECT
    (count(*) FILTER (WHERE fixed_at <= due_at) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max(scanned_at) FROM scan WHERE scanned_at <= $as_of) AS as_of
FROM finding
WHERE
    pillar = 'infrastructure_hardening' AND due_at <= $as_of
    AND state IN ('open', 'triage', 'pending_waiver', 'fixed')
    AND (due_at >= $since OR state <> 'fixed')
