-- Open findings of model and data monitors, one row a model or data set.
-- params: none
-- returns: class, subject, severity (0 to 4), title (of the worst), findings (count), top (finding id of the worst), onset_at (UTC), last_seen (UTC, of the newest), exposure (currency of the settings), owner (of the worst), gravest (ids of findings as severe as the worst, 100 at most)
WITH alarm AS (
    SELECT rowid AS row_id, id, class, model, severity, exposure, onset_at, first_seen,
        last_seen
    FROM finding
    WHERE class IN ('model', 'data') AND state IN ('open', 'triage', 'pending_waiver')
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
