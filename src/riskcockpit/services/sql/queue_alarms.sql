-- Open findings of model and data monitors, one row a model or data set; not of versions of a model
-- that do not serve, as far as the finding names one.
-- params: none
-- returns: class, subject, severity (0 to 4), title (of the worst), findings (count), top (finding id of the worst), onset_at (UTC), last_seen (UTC, of the newest), exposure (currency of the settings), owner (of the worst), gravest (ids of findings as severe as the worst, 100 at most)
WITH alarm AS (
    SELECT f.rowid AS row_id, f.id, f.class, f.model, f.severity, f.exposure, f.onset_at, f.first_seen,
        f.last_seen
    FROM finding AS f
    LEFT JOIN model_alias AS a ON a.model = f.model AND a.alias = 'champion' AND f.class = 'model'
    WHERE f.class IN ('model', 'data') AND f.state IN ('open', 'triage', 'pending_waiver')
        AND coalesce(try_cast(ltrim(f.package_version, 'v') AS INTEGER) = a.version, true)
),
grouped AS (
    SELECT
        class,
        model,
        max(severity) AS severity,
        count(*) AS findings,
        max_by(row_id, (severity, exposure, coalesce(onset_at, first_seen), id)) AS top,
        list_slice(list(id ORDER BY severity DESC, id), 1, 100) AS ids,
        list_slice(list(severity ORDER BY severity DESC, id), 1, 100) AS severities,
        min(coalesce(onset_at, first_seen)) AS onset_at,
        max(last_seen) AS last_seen,
        sum(exposure) AS exposure
    FROM alarm
    GROUP BY class, model
)
SELECT
    g.class, g.model AS subject, g.severity, f.title, g.findings, f.id AS top, g.onset_at,
    g.last_seen, g.exposure, f.owner,
    list_slice(g.ids, 1, len(list_filter(g.severities, lambda each: each = g.severity))) AS gravest
FROM grouped AS g
JOIN finding AS f ON f.rowid = g.top
ORDER BY g.severity DESC, g.exposure DESC, subject, g.class
