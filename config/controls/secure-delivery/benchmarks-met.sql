-- One row per scope that says what passed: the share of its checks without an open fault.
WITH passed AS (
    SELECT scope, count(*) AS checks FROM control_evidence WHERE status = 'pass' GROUP BY scope
),
failed AS (
    SELECT scope, count(*) AS checks
    FROM finding
    WHERE state IN ('open', 'triage', 'pending_waiver', 'waived')
    GROUP BY scope
),
looked AS (
    SELECT scope, min(asset) AS asset, min(tool) AS tool
    FROM scan
    WHERE outcome IN ('applied', 'repeated')
    GROUP BY scope
)
SELECT
    format('{}: {}', l.asset, l.tool) AS resource,
    CASE
        WHEN sum(p.checks) * 100 >= $share * (sum(p.checks) + sum(coalesce(f.checks, 0))) THEN 'ok'
        ELSE 'alarm'
    END AS status,
    format('{} checks pass and {} fail, {} % must pass', sum(p.checks), sum(coalesce(f.checks, 0)), $share) AS reason
FROM passed AS p
INNER JOIN looked AS l ON l.scope = p.scope
LEFT JOIN failed AS f ON f.scope = p.scope
GROUP BY l.asset, l.tool
ORDER BY resource
