-- Moves findings to the state that follows from being seen.
-- params: now TIMESTAMP
-- returns: nothing
UPDATE finding
SET state = change.new_state, fixed_at = NULL,
    reopened_at = CASE WHEN change.is_reopened THEN incoming_scan.moment ELSE finding.reopened_at END,
    reopened_count = finding.reopened_count + change.is_reopened::INTEGER,
    onset_at = CASE WHEN change.is_reopened THEN profile.onset_at ELSE finding.onset_at END,
    detected_at = CASE
        WHEN change.is_reopened AND profile.onset_at IS NOT NULL THEN $now
        ELSE finding.detected_at
    END,
    due_at = CASE
        WHEN change.is_reopened THEN incoming_scan.moment + to_days(profile.days)
        ELSE finding.due_at
    END,
    sla_due_at = CASE
        WHEN change.is_reopened THEN incoming_scan.moment + to_days(profile.days)
        ELSE finding.sla_due_at
    END
FROM change
JOIN incoming_scan ON incoming_scan.scan = change.scan
JOIN profile ON profile.profile = change.profile
WHERE finding.rowid = change.finding_row AND change.new_state <> change.old_state
