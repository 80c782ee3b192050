-- Open scanner findings of at least high severity, or known to be exploited, that are due before `horizon`, grouped by vulnerability, else by asset.
-- params: now TIMESTAMP, horizon TIMESTAMP, most INTEGER
-- returns: kind (vulnerability or asset), name, findings (count), assets (count), asset (one), owners, severity (0 to 4), is_kev, due_at (UTC), since (UTC), overdue (count), top (finding id of the worst), title (of it), exposure (currency of the settings)
WITH due AS (
    SELECT
        rowid AS row_id, vulnerability, asset, owner, severity, is_kev, due_at, first_seen,
        exposure
    FROM finding
    WHERE state IN ('open', 'triage') AND class NOT IN ('model', 'data')
        AND (severity >= 3 OR is_kev) AND due_at < $horizon
),
grouped AS (
    SELECT
        vulnerability <> '' AS is_vulnerability,
        CASE WHEN vulnerability <> '' THEN vulnerability ELSE asset END AS name,
        count(*) AS findings,
        max(severity) AS severity,
        bool_or(is_kev) AS is_kev,
        min(due_at) AS due_at,
        min(first_seen) AS since,
        count(*) FILTER (WHERE due_at < $now) AS overdue,
        max_by(row_id, severity * 1e15 + exposure) AS top,
        sum(exposure) AS exposure
    FROM due
    GROUP BY ALL
    ORDER BY is_kev DESC, severity DESC, exposure DESC, name
    LIMIT $most
)
SELECT
    CASE WHEN g.is_vulnerability THEN 'vulnerability' ELSE 'asset' END AS kind,
    g.name,
    g.findings,
    count(DISTINCT d.asset) AS assets,
    min(d.asset) AS asset,
    list(DISTINCT d.owner ORDER BY d.owner) FILTER (WHERE d.owner <> '') AS owners,
    g.severity,
    g.is_kev,
    g.due_at,
    g.since,
    g.overdue,
    f.id AS top,
    f.title,
    g.exposure
FROM grouped AS g
JOIN finding AS f ON f.rowid = g.top
JOIN due AS d
    ON (d.vulnerability <> '') = g.is_vulnerability
    AND CASE WHEN d.vulnerability <> '' THEN d.vulnerability ELSE d.asset END = g.name
GROUP BY ALL
ORDER BY g.is_kev DESC, g.severity DESC, g.exposure DESC, g.name
