-- Keeps deadlines that are over: of findings that came back, and missed ones that are put off now.
-- One that a catalogue of exploited vulnerabilities set stays, whatever the severity.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO past_deadline (finding_id, due_at, severity, ended_at, rev)
SELECT
    finding.id, finding.due_at, finding.severity,
    CASE WHEN change.is_reopened THEN finding.fixed_at ELSE incoming_scan.moment END, $rev
FROM change
JOIN incoming_scan ON incoming_scan.scan = change.scan
JOIN profile ON profile.profile = change.profile
JOIN finding ON finding.id = change.finding_id
WHERE (change.is_reopened OR change.is_updated) AND finding.due_at IS NOT NULL AND (
    (change.is_reopened AND finding.fixed_at IS NOT NULL)
    OR (
        change.old_state <> 'fixed' AND finding.due_at < incoming_scan.moment
        AND NOT change.is_rearmed AND finding.due_at = finding.sla_due_at
        AND (change.is_severity_changed OR finding.tool_is_kev <> profile.is_kev)
    )
)
