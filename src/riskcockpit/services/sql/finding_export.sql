-- Findings of a query as exports need them.
-- params: none
-- returns: the columns that services.exporting names; times UTC, exposure in the settings' currency
SELECT
    id, class, asset, tool, rule, category, branch, title, description, help_url, severity,
    severity_raw, severity_source, state, pillar, owner, path, line, col, end_line, snippet,
    package_type, package_name, package_version, fixed_version, package_layer, vulnerability_ids,
    cwes, cvss, epss, is_kev, model, monitor, metric, segment, resource, first_seen, last_seen,
    fixed_at, onset_at, due_at, exposure, fingerprint_name, fingerprint, location_count,
    waiver_id
FROM finding
JOIN (SELECT id AS description_id, description FROM text_description) AS told USING (description_id)
WHERE /*where*/ TRUE
ORDER BY /*order*/ id
