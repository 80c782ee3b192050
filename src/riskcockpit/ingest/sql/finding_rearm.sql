-- Sets the deadline anew: a rise in severity takes the shorter of both, a fall the later one. What a
-- catalogue of exploited vulnerabilities makes of it is applied afterwards.
-- params: none
-- returns: nothing
UPDATE finding
SET due_at = CASE
        WHEN change.is_rearmed
            THEN least(finding.sla_due_at, incoming_scan.moment + to_days(profile.days))
        ELSE coalesce(finding.reopened_at, finding.first_seen) + to_days(profile.days)
    END,
    sla_due_at = CASE
        WHEN change.is_rearmed
            THEN least(finding.sla_due_at, incoming_scan.moment + to_days(profile.days))
        ELSE coalesce(finding.reopened_at, finding.first_seen) + to_days(profile.days)
    END
FROM change
JOIN incoming_scan ON incoming_scan.scan = change.scan
JOIN profile ON profile.profile = change.profile
WHERE finding.rowid = change.finding_row AND NOT change.is_reopened
  AND (change.is_severity_changed OR change.is_rearmed OR finding.tool_is_kev <> profile.is_kev)
