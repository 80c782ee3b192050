-- Live findings of the scopes of some scans that nothing was recognised as, nor in another part of
-- the same scan; after them those of other forms of each scan. One that somebody split is known by
-- its keys only: likeness was wrong about it.
-- params: scans INTEGER[], rev BIGINT
-- returns: scan, id, rowid, class, asset, rule, path, line, col, title, snippet, fingerprint_name,
--   fingerprint, vulnerability, package_type, package_name, is_own
WITH compared AS (
    SELECT scan, scope, is_group, true AS is_own FROM incoming_scan
    UNION ALL
    SELECT scan, scope, false, false FROM form
)
SELECT
    compared.scan, finding.id, finding.rowid, finding.class, finding.asset, finding.rule,
    finding.path, finding.line, finding.col, finding.title, finding.snippet,
    coalesce(finding.fingerprint_name, ''), coalesce(finding.fingerprint, ''),
    finding.vulnerability, finding.package_type, finding.package_name, compared.is_own
FROM finding
JOIN compared ON compared.scope = finding.scope
ANTI JOIN matched ON matched.finding_row = finding.rowid
WHERE list_contains($scans, compared.scan) AND finding.state <> 'fixed'
  AND NOT (compared.is_group AND finding.rev = $rev)
  AND finding.id NOT IN (SELECT other_id FROM identity_decision WHERE kind = 'split')
ORDER BY compared.scan, compared.is_own DESC, finding.id
