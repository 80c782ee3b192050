-- Says what doubtful results change, for those that change more than when their finding was seen;
-- is_updated leaves out place and state. Whatever it compares is a part of `told`.
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
    finding.rule <> profile.rule AND profile.class <> 'dependency' AS is_rule_renamed,
    finding.package_version <> profile.package_version
        AND profile.package_name <> '' AS is_bumped,
    finding.severity <> profile.severity AS is_severity_changed,
    finding.severity < profile.severity OR (profile.is_kev AND NOT finding.tool_is_kev) AS is_rearmed,
    finding.rule <> profile.rule OR finding.title <> incoming.title
        OR finding.description_id <> incoming.description_id OR finding.help_url <> profile.help_url
        OR finding.severity <> profile.severity OR finding.severity_raw <> profile.severity_raw
        OR finding.severity_source <> profile.severity_source
        OR finding.col IS DISTINCT FROM incoming.col
        OR finding.end_line IS DISTINCT FROM incoming.end_line
        OR finding.snippet <> incoming.snippet
        OR finding.location_count <> incoming.location_count
        OR finding.package_type <> profile.package_type
        OR finding.package_name <> profile.package_name
        OR finding.package_layer <> profile.package_layer
        OR finding.package_version <> profile.package_version
        OR finding.fixed_version <> profile.fixed_version
        OR finding.vulnerability <> profile.vulnerability
        OR finding.vulnerability_ids <> profile.vulnerability_ids
        OR finding.cwes <> profile.cwes
        OR finding.cvss IS DISTINCT FROM profile.cvss
        OR finding.tool_epss IS DISTINCT FROM profile.epss
        OR finding.tool_is_kev <> profile.is_kev
        OR finding.resource <> profile.resource OR finding.pillar <> profile.pillar
        OR finding.settings_owner <> profile.owner
        OR finding.fingerprint IS DISTINCT FROM incoming.fingerprint
        OR finding.fingerprint_name IS DISTINCT FROM profile.fingerprint_name AS is_updated,
    finding.path AS old_path, finding.line AS old_line, finding.rule AS old_rule,
    finding.package_version AS old_version, finding.severity AS old_severity,
    incoming.profile, incoming.path, incoming.line, coalesce(incoming_scan.scan_id || ':' || incoming.raw, '') AS raw_hash
FROM finding
JOIN matched ON finding.rowid = matched.finding_row
-- all have their row, and joined like this they come last: before, they would make the sides wide
LEFT JOIN incoming ON incoming.n = matched.n
LEFT JOIN incoming_scan ON incoming_scan.scan = matched.scan
LEFT JOIN profile ON profile.profile = incoming.profile
LEFT JOIN transition
    ON transition.stored = finding.state
    AND transition.needs_triage = profile.needs_triage
    AND transition.is_suppressed = profile.is_suppressed
WHERE matched.is_doubtful AND (is_reopened OR is_moved OR is_updated OR old_state <> new_state)
