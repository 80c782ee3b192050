-- Makes a finding of every result that was not recognised.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding BY NAME
SELECT
    coalesce(assigned.id, incoming.key) AS id, profile.class, profile.asset, incoming_scan.tool,
    profile.rule, incoming_scan.category, incoming_scan.branch, incoming_scan.scope, incoming.title,
    incoming.description_id, profile.help_url, profile.severity, profile.severity_raw,
    profile.severity_source, profile.state, false AS is_unconfirmed_absent,
    profile.pillar, profile.owner, profile.owner AS settings_owner, incoming.path, incoming.line, incoming.col,
    incoming.end_line, incoming.snippet, incoming.location_count, profile.package_type,
    profile.package_name, profile.package_version, profile.fixed_version,
    profile.package_layer, profile.vulnerability, profile.vulnerability_ids, profile.cwes,
    profile.cvss, profile.epss, profile.epss AS tool_epss, profile.is_kev,
    profile.is_kev AS tool_is_kev, false AS is_ransomware, profile.model, profile.monitor,
    profile.metric, profile.segment, profile.resource,
    least(profile.first_seen, incoming_scan.moment) AS first_seen,
    incoming_scan.moment AS last_seen, profile.onset_at, $now AS detected_at, 0 AS reopened_count,
    least(profile.first_seen, incoming_scan.moment) + to_days(profile.days) AS due_at,
    due_at AS sla_due_at, '' AS waiver_id, 0 AS exposure,
    '' AS correlation, profile.fingerprint_name, incoming.fingerprint, coalesce(incoming_scan.scan_id || ':' || incoming.raw, '') AS raw_hash,
    incoming_scan.scan_id, incoming_scan.source_id, $now AS seen_at, $rev AS rev, incoming.said
FROM told AS incoming
JOIN incoming_scan ON incoming_scan.scan = incoming.scan
SEMI JOIN fresh ON fresh.n = incoming.n
LEFT JOIN assigned ON assigned.n = incoming.n
LEFT JOIN profile ON profile.profile = incoming.profile
