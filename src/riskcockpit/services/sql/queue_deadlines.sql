-- Open scanner findings of at least high severity, or known to be exploited, that are due before `horizon`, grouped by vulnerability, else by asset.
-- params: now TIMESTAMP, horizon TIMESTAMP, most INTEGER
-- returns: kind (vulnerability or asset), name, findings (count), assets (count), asset (one), owners, severity (0 to 4), is_kev, due_at (UTC), since (UTC), overdue (count), top (finding id), title (of it), exposure (currency of the settings)
SELECT
    CASE WHEN vulnerability <> '' THEN 'vulnerability' ELSE 'asset' END AS kind,
    CASE WHEN vulnerability <> '' THEN vulnerability ELSE asset END AS name,
    count(*) AS findings,
    count(DISTINCT asset) AS assets,
    min(asset) AS asset,
    list(DISTINCT owner ORDER BY owner) FILTER (WHERE owner <> '') AS owners,
    max(severity) AS severity,
    bool_or(is_kev) AS is_kev,
    min(due_at) AS due_at,
    min(first_seen) AS since,
    count(*) FILTER (WHERE due_at < $now) AS overdue,
    arg_max(id, (severity, exposure)) AS top,
    arg_max(title, (severity, exposure)) AS title,
    sum(exposure) AS exposure
FROM finding
WHERE state IN ('open', 'triage') AND class NOT IN ('model', 'data')
    AND (severity >= 3 OR is_kev) AND due_at < $horizon
GROUP BY ALL
ORDER BY is_kev DESC, severity DESC, exposure DESC, name
LIMIT $most
