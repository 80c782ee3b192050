-- Findings that may belong to an incident: open ones, and those of the ids named.
-- params: ids VARCHAR[]
-- returns: id, class, tool, severity, subject, title, owner, detected_at (UTC), ended_at (UTC; NULL
--   while it is open), began_at (UTC, the last time), rule
SELECT
    id, class, lower(tool) AS tool, severity,
    coalesce(nullif(model, ''), nullif(asset, ''), resource) AS subject,
    title, owner, greatest(detected_at, reopened_at) AS detected_at,
    CASE WHEN state NOT IN ('open', 'triage', 'pending_waiver') THEN coalesce(fixed_at, last_seen) END
        AS ended_at,
    coalesce(reopened_at, onset_at, detected_at) AS began_at, rule
FROM finding
WHERE list_contains($ids, id)
    OR (state IN ('open', 'triage', 'pending_waiver') AND (class IN ('model', 'data') OR lower(tool) = 'alertmanager'))
ORDER BY severity DESC, detected_at, id
