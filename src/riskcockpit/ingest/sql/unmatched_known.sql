-- Live findings of the scopes of some scans that nothing was recognised as, nor in another part of
-- the same scan. One that somebody split is known by its keys only: likeness was wrong about it.
-- params: scans INTEGER[], rev BIGINT
-- returns: scan, id, rowid, class, asset, rule, path, line, col, title, snippet, fingerprint_name,
--   fingerprint, vulnerability, package_type, package_name
SELECT
    incoming_scan.scan, finding.id, finding.rowid, finding.class, finding.asset, finding.rule,
    finding.path, finding.line, finding.col, finding.title, finding.snippet,
    coalesce(finding.fingerprint_name, ''), coalesce(finding.fingerprint, ''),
    finding.vulnerability, finding.package_type, finding.package_name
FROM finding
JOIN incoming_scan ON incoming_scan.scope = finding.scope
ANTI JOIN matched ON matched.finding_row = finding.rowid
WHERE list_contains($scans, incoming_scan.scan) AND finding.state <> 'fixed'
  AND NOT (incoming_scan.is_group AND finding.rev = $rev)
  AND finding.id NOT IN (SELECT other_id FROM identity_decision WHERE kind = 'split')
ORDER BY incoming_scan.scan, finding.id
