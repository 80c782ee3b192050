-- Takes over what the tool says now, but for path, line and lists; identity, history, decisions and
-- what is known from elsewhere stay.
-- params: none
-- returns: nothing
UPDATE finding
SET rule = profile.rule, title = incoming.title, description_id = incoming.description_id,
    help_url = profile.help_url, severity = profile.severity,
    severity_raw = profile.severity_raw, severity_source = profile.severity_source,
    pillar = profile.pillar, settings_owner = profile.owner, owner = CASE
        WHEN finding.settings_owner <> profile.owner THEN profile.owner ELSE finding.owner
    END, col = incoming.col, end_line = incoming.end_line,
    snippet = incoming.snippet, location_count = incoming.location_count,
    package_type = profile.package_type, package_name = profile.package_name,
    package_version = profile.package_version, fixed_version = profile.fixed_version,
    package_layer = profile.package_layer, vulnerability = profile.vulnerability,
    cvss = profile.cvss, tool_epss = profile.epss, tool_is_kev = profile.is_kev,
    epss = CASE
        WHEN finding.tool_epss IS DISTINCT FROM profile.epss THEN profile.epss ELSE finding.epss
    END,
    is_kev = CASE
        WHEN finding.tool_is_kev <> profile.is_kev THEN profile.is_kev ELSE finding.is_kev
    END,
    resource = profile.resource, fingerprint = incoming.fingerprint,
    fingerprint_name = profile.fingerprint_name, wording_id = NULL
FROM change
JOIN incoming ON incoming.n = change.n
JOIN profile ON profile.profile = incoming.profile
WHERE finding.rowid = change.finding_row AND change.is_updated
