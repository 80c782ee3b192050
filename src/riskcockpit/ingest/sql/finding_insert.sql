-- Makes a finding of every result that was not recognised.
-- params: moment TIMESTAMP, now TIMESTAMP, scan_id VARCHAR, scope VARCHAR, tool VARCHAR,
--   category VARCHAR, branch VARCHAR, source_id VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding BY NAME
SELECT
    coalesce(assigned.id, incoming.key) AS id, incoming.class, incoming.asset, $tool AS tool,
    incoming.rule, $category AS category, $branch AS branch, $scope AS scope, incoming.title,
    incoming.description, incoming.help_url, incoming.severity, incoming.severity_raw,
    incoming.severity_source, transition.result AS state, false AS is_unconfirmed_absent,
    incoming.pillar, incoming.owner, incoming.path, incoming.line, incoming.col,
    incoming.end_line, incoming.snippet, incoming.location_count, incoming.package_type,
    incoming.package_name, incoming.package_version, incoming.fixed_version,
    incoming.package_layer, incoming.vulnerability, incoming.vulnerability_ids, incoming.cwes,
    incoming.cvss, incoming.epss, incoming.is_kev, incoming.model, incoming.monitor,
    incoming.metric, incoming.segment, incoming.resource, $moment AS first_seen,
    $moment AS last_seen, incoming.onset_at, $now AS detected_at, 0 AS reopened_count,
    $moment + to_days(deadline.days) AS due_at, '' AS waiver_id, 0 AS exposure,
    '' AS correlation, incoming.fingerprint_name, incoming.fingerprint, incoming.raw_hash,
    $scan_id AS scan_id, $source_id AS source_id, $now AS seen_at, $rev AS rev
FROM incoming
JOIN transition
    ON transition.stored = '' AND transition.needs_triage = incoming.needs_triage
    AND transition.is_suppressed = incoming.is_suppressed
JOIN deadline ON deadline.severity = incoming.severity AND deadline.is_kev = incoming.is_kev
LEFT JOIN assigned ON assigned.n = incoming.n
WHERE NOT EXISTS (FROM matched WHERE matched.n = incoming.n)
