-- Open findings of model and data monitors, one row a model or data set.
-- params: none
-- returns: class, subject, severity (0 to 4), titles, findings (count), top (finding id), onset_at (UTC), acknowledged_at (UTC; NULL while nobody did), exposure (currency of the settings)
SELECT
    class,
    model AS subject,
    max(severity) AS severity,
    list(title ORDER BY severity DESC, exposure DESC, title) AS titles,
    count(*) AS findings,
    arg_max(id, (severity, exposure)) AS top,
    min(coalesce(onset_at, first_seen)) AS onset_at,
    min(acknowledged_at) AS acknowledged_at,
    sum(exposure) AS exposure
FROM finding
WHERE class IN ('model', 'data') AND state IN ('open', 'triage', 'pending_waiver')
GROUP BY class, model
ORDER BY severity DESC, exposure DESC, subject
