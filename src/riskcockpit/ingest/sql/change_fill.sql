-- Says for every recognised result what it changes; is_updated leaves out place and state.
-- params: none
-- returns: nothing
INSERT INTO change
SELECT
    matched.n, finding.id AS finding_id, matched.how, finding.state AS old_state,
    transition.result AS new_state,
    finding.state = 'fixed' AND transition.result <> 'suppressed_at_source' AS is_reopened,
    finding.path IS DISTINCT FROM incoming.path OR finding.line IS DISTINCT FROM incoming.line
        AS is_moved,
    finding.path <> incoming.path
        AND NOT ends_with(finding.path, '/' || incoming.path)
        AND NOT ends_with(incoming.path, '/' || finding.path) AS is_renamed,
    finding.rule <> incoming.rule AND incoming.class <> 'dependency' AS is_rule_renamed,
    finding.package_version <> incoming.package_version
        AND incoming.package_name <> '' AS is_bumped,
    finding.severity <> incoming.severity AS is_severity_changed,
    finding.severity < incoming.severity OR (incoming.is_kev AND NOT finding.is_kev) AS is_rearmed,
    finding.rule <> incoming.rule OR finding.title <> incoming.title
        OR finding.description <> incoming.description OR finding.help_url <> incoming.help_url
        OR finding.severity <> incoming.severity OR finding.severity_raw <> incoming.severity_raw
        OR finding.severity_source <> incoming.severity_source
        OR finding.col IS DISTINCT FROM incoming.col
        OR finding.end_line IS DISTINCT FROM incoming.end_line
        OR finding.snippet <> incoming.snippet
        OR finding.location_count <> incoming.location_count
        OR finding.package_version <> incoming.package_version
        OR finding.fixed_version <> incoming.fixed_version
        OR finding.vulnerability <> incoming.vulnerability
        OR finding.vulnerability_ids <> incoming.vulnerability_ids
        OR finding.cwes <> incoming.cwes
        OR finding.cvss IS DISTINCT FROM incoming.cvss
        OR finding.epss IS DISTINCT FROM incoming.epss OR finding.is_kev <> incoming.is_kev
        OR finding.resource <> incoming.resource OR finding.pillar <> incoming.pillar
        OR finding.owner <> incoming.owner
        OR finding.fingerprint IS DISTINCT FROM incoming.fingerprint
        OR finding.fingerprint_name IS DISTINCT FROM incoming.fingerprint_name AS is_updated,
    finding.path AS old_path, finding.line AS old_line, finding.rule AS old_rule,
    finding.package_version AS old_version, finding.severity AS old_severity
FROM matched
JOIN incoming ON incoming.n = matched.n
JOIN finding ON finding.id = matched.finding_id
JOIN transition
    ON transition.stored = finding.state
    AND transition.needs_triage = incoming.needs_triage
    AND transition.is_suppressed = incoming.is_suppressed
