-- Findings that may belong to an incident: open ones, and those of the ids named. One that names a
-- version of a model that does not serve ended when that lost its place.
-- params: ids VARCHAR[]
-- returns: id, class, tool, severity, subject, title, owner, detected_at (UTC), ended_at (UTC; NULL
--   while it is open), began_at (UTC, the last time), rule
WITH known AS (
    SELECT
        f.*, f.state IN ('open', 'triage', 'pending_waiver') AS is_open, a.since,
        coalesce(try_cast(ltrim(f.package_version, 'v') AS INTEGER) <> a.version, false) AS is_replaced
    FROM finding AS f
    LEFT JOIN model_alias AS a ON a.model = f.model AND a.alias = 'champion' AND f.class = 'model'
)
SELECT
    id, class, lower(tool) AS tool, severity,
    coalesce(nullif(model, ''), nullif(asset, ''), resource) AS subject,
    title, owner, greatest(detected_at, reopened_at) AS detected_at,
    CASE WHEN NOT is_open THEN coalesce(fixed_at, last_seen) WHEN is_replaced THEN coalesce(since, last_seen) END
        AS ended_at,
    coalesce(reopened_at, onset_at, detected_at) AS began_at, rule
FROM known
WHERE list_contains($ids, id)
    OR (is_open AND NOT is_replaced AND (class IN ('model', 'data') OR lower(tool) = 'alertmanager'))
ORDER BY severity DESC, detected_at, id
