-- Says what results change that say the same of their finding as before: where it is, or its state.
-- params: none
-- returns: nothing
INSERT INTO change
SELECT
    matched.n, matched.scan, matched.finding_id, matched.finding_row, finding.state AS old_state,
    transition.result AS new_state,
    finding.state = 'fixed' AS is_reopened,
    finding.path IS DISTINCT FROM incoming.path OR finding.line IS DISTINCT FROM incoming.line
        AS is_moved,
    finding.path <> incoming.path
        AND NOT ends_with(finding.path, '/' || incoming.path)
        AND NOT ends_with(incoming.path, '/' || finding.path) AS is_renamed,
    false AS is_rule_renamed, false AS is_bumped, false AS is_severity_changed,
    false AS is_rearmed, false AS is_updated,
    finding.path AS old_path, finding.line AS old_line, profile.rule AS old_rule,
    profile.package_version AS old_version, profile.severity AS old_severity,
    incoming.profile, incoming.path, incoming.line, coalesce(incoming_scan.scan_id || ':' || incoming.raw, '') AS raw_hash
FROM finding
JOIN matched ON finding.rowid = matched.finding_row
LEFT JOIN incoming ON incoming.n = matched.n
LEFT JOIN incoming_scan ON incoming_scan.scan = matched.scan
LEFT JOIN profile ON profile.profile = incoming.profile
LEFT JOIN transition
    ON transition.stored = finding.state
    AND transition.needs_triage = profile.needs_triage
    AND transition.is_suppressed = profile.is_suppressed
WHERE NOT matched.is_doubtful AND matched.is_elsewhere
    AND (is_reopened OR is_moved OR old_state <> new_state)
