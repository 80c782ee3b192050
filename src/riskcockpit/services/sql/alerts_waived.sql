-- What would alert and is waived: alarms of monitors by subject, other grave findings by pillar.
-- params: none
-- returns: kind (model, data or sla), subject (a model, a data set or a pillar), severity (0 to 4), findings (count), title (of the worst), since (UTC, of the first), owner (of the worst)
WITH waived AS (
    SELECT
        CASE WHEN class IN ('model', 'data') THEN class ELSE 'sla' END AS kind,
        CASE WHEN class IN ('model', 'data') THEN model ELSE pillar END AS subject,
        severity, exposure, id, title, owner, coalesce(onset_at, first_seen) AS since
    FROM finding
    WHERE state = 'waived' AND (class IN ('model', 'data') OR severity >= 3 OR is_kev)
)
SELECT
    kind,
    subject,
    max(severity) AS severity,
    count(*) AS findings,
    max_by(title, (severity, exposure, id)) AS title,
    min(since) AS since,
    max_by(owner, (severity, exposure, id)) AS owner
FROM waived
GROUP BY kind, subject
ORDER BY kind, subject
