-- Takes over what the tool says now, but for path, line and lists; history and decisions stay.
-- params: none
-- returns: nothing
UPDATE finding
SET rule = profile.rule, title = incoming.title, description = wording.description,
    help_url = profile.help_url, severity = profile.severity,
    severity_raw = profile.severity_raw, severity_source = profile.severity_source,
    pillar = profile.pillar, owner = profile.owner, col = incoming.col, end_line = incoming.end_line,
    snippet = incoming.snippet, location_count = incoming.location_count,
    package_type = profile.package_type, package_name = profile.package_name,
    package_version = profile.package_version, fixed_version = profile.fixed_version,
    package_layer = profile.package_layer, vulnerability = profile.vulnerability,
    cvss = profile.cvss, epss = profile.epss, is_kev = profile.is_kev,
    resource = profile.resource, fingerprint = incoming.fingerprint,
    fingerprint_name = profile.fingerprint_name
FROM change
JOIN incoming ON incoming.n = change.n
JOIN profile ON profile.profile = incoming.profile
JOIN wording ON wording.wording = incoming.wording
WHERE finding.rowid = change.finding_row AND change.is_updated
