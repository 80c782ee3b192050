-- Gives one finding the past of another that is the same: first seen, deadline, returns.
-- params: kept VARCHAR, gone VARCHAR, rev BIGINT
-- returns: nothing
UPDATE finding
SET first_seen = least(finding.first_seen, gone.first_seen),
    detected_at = least(finding.detected_at, gone.detected_at),
    onset_at = least(finding.onset_at, gone.onset_at),
    due_at = CASE WHEN finding.due_at IS NULL THEN NULL ELSE least(finding.due_at, gone.due_at) END,
    sla_due_at = CASE
        WHEN finding.sla_due_at IS NULL THEN NULL ELSE least(finding.sla_due_at, gone.sla_due_at)
    END,
    reopened_at = coalesce(finding.reopened_at, gone.reopened_at),
    reopened_count = finding.reopened_count + gone.reopened_count, rev = $rev
FROM finding AS gone
WHERE finding.id = $kept AND gone.id = $gone
