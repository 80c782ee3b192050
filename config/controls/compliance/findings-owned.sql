-- One row per scanned asset: grave findings without an owner.
WITH orphaned AS (
    SELECT asset, count(*) AS findings
    FROM finding
    WHERE
        severity >= $severity AND owner = ''
        AND state IN ('open', 'triage', 'pending_waiver')
    GROUP BY asset
),
looked AS (
    SELECT DISTINCT asset FROM scan WHERE outcome IN ('applied', 'repeated')
    UNION
    SELECT asset FROM orphaned
)
SELECT
    l.asset AS resource,
    CASE WHEN o.asset IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN o.asset IS NULL THEN 'every grave finding has an owner'
        ELSE format('{} grave findings belong to nobody', o.findings)
    END AS reason
FROM looked AS l
LEFT JOIN orphaned AS o ON o.asset = l.asset
ORDER BY l.asset
