-- Open scanner findings of at least high severity, or known to be exploited, that are due before `horizon`, by vulnerability, else by asset; of each group a row for what is overdue at `now` and one for each moment after it at which more falls due. Groups are the `most` that weigh most at `soon`, and all that grow after it.
-- params: now TIMESTAMP, soon TIMESTAMP, horizon TIMESTAMP, most INTEGER
-- returns: kind (vulnerability or asset), name, step_at (UTC; NULL: overdue), findings (count), assets (count of those in no earlier row of the group), asset (the first), owners (the first two), severity (0 to 4), is_kev, due_at (UTC), since (UTC), top (finding id of the worst), top_exposure (of it), title (of it; empty unless it is alone), exposure (currency of the settings)
WITH due AS (  -- what is alike first: most of what is due differs in few columns, if in any
    SELECT
        vulnerability <> '' AS is_vulnerability,
        CASE WHEN vulnerability <> '' THEN vulnerability ELSE asset END AS name,
        CASE WHEN due_at >= $now THEN due_at END AS step_at,
        asset, owner, severity, is_kev, exposure,
        count(*) AS findings,
        min(due_at) AS due_at,
        min(first_seen) AS first_seen,
        max(id) AS id,
        arg_max(rowid, id) AS row_id
    FROM finding
    WHERE state IN ('open', 'triage') AND class NOT IN ('model', 'data')
        AND (severity >= 3 OR is_kev) AND due_at < $horizon
    GROUP BY 1, 2, 3, asset, owner, severity, is_kev, exposure
),
chosen AS (
    SELECT
        is_vulnerability,
        name,
        bool_or(is_kev) FILTER (WHERE due_at < $soon) AS is_kev_soon,
        max(severity) FILTER (WHERE due_at < $soon) AS severity_soon,
        sum(exposure * findings) FILTER (WHERE due_at < $soon) AS exposure_soon
    FROM due
    GROUP BY is_vulnerability, name
    QUALIFY max(due_at) >= $soon
        OR row_number() OVER (
            ORDER BY is_kev_soon DESC NULLS LAST, severity_soon DESC NULLS LAST,
                exposure_soon DESC NULLS LAST, name, is_vulnerability
        ) <= $most
),
kept AS (
    SELECT
        d.*,
        row_number() OVER (
            PARTITION BY d.is_vulnerability, d.name, d.asset ORDER BY d.due_at, d.row_id
        ) = 1 AS is_new_asset
    FROM due AS d
    JOIN chosen AS c ON c.is_vulnerability = d.is_vulnerability AND c.name = d.name
),
step AS (
    SELECT
        is_vulnerability,
        name,
        step_at,
        sum(findings)::BIGINT AS findings,
        count(*) FILTER (WHERE is_new_asset) AS assets,
        min(asset) AS asset,
        coalesce(list(DISTINCT owner ORDER BY owner) FILTER (WHERE owner <> ''), [])[:2] AS owners,
        max(severity) AS severity,
        bool_or(is_kev) AS is_kev,
        min(due_at) AS due_at,
        min(first_seen) AS since,
        max_by(row_id, (severity, exposure, id)) AS top,
        sum(exposure * findings) AS exposure
    FROM kept
    GROUP BY is_vulnerability, name, step_at
)
SELECT
    CASE WHEN s.is_vulnerability THEN 'vulnerability' ELSE 'asset' END AS kind,
    s.name, s.step_at, s.findings, s.assets, s.asset, s.owners, s.severity, s.is_kev, s.due_at,
    s.since, f.id AS top, f.exposure AS top_exposure,
    CASE WHEN s.findings = 1 AND NOT s.is_vulnerability THEN f.title ELSE '' END AS title,
    s.exposure
FROM step AS s
JOIN finding AS f ON f.rowid = s.top
ORDER BY kind, s.name, s.step_at NULLS FIRST
