-- Takes over what the tool says now; identity, history and decisions stay.
-- params: none
-- returns: nothing
UPDATE finding
SET rule = incoming.rule, title = incoming.title, description = incoming.description,
    help_url = incoming.help_url, severity = incoming.severity,
    severity_raw = incoming.severity_raw, severity_source = incoming.severity_source,
    pillar = incoming.pillar, owner = incoming.owner, path = incoming.path,
    line = incoming.line, col = incoming.col, end_line = incoming.end_line,
    snippet = incoming.snippet, location_count = incoming.location_count,
    package_type = incoming.package_type, package_name = incoming.package_name,
    package_version = incoming.package_version, fixed_version = incoming.fixed_version,
    package_layer = incoming.package_layer, vulnerability = incoming.vulnerability,
    vulnerability_ids = incoming.vulnerability_ids, cwes = incoming.cwes,
    cvss = incoming.cvss, epss = incoming.epss, is_kev = incoming.is_kev,
    resource = incoming.resource, fingerprint = incoming.fingerprint,
    fingerprint_name = incoming.fingerprint_name, raw_hash = incoming.raw_hash
FROM change
JOIN incoming ON incoming.n = change.n
WHERE finding.id = change.finding_id
  AND (change.is_updated OR change.is_moved OR change.is_reopened)
