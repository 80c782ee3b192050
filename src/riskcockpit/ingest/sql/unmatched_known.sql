-- Live findings of a scope that nothing was recognised as, nor in another part of the same scan.
-- One that somebody split is known by its keys only: likeness was wrong about it before.
-- params: scope VARCHAR, is_group BOOLEAN, rev BIGINT
-- returns: id, rowid, class, asset, rule, path, line, col, title, snippet, fingerprint_name, fingerprint, vulnerability, package_type, package_name
SELECT
    finding.id, finding.rowid, class, asset, rule, path, line, col, title, snippet,
    coalesce(fingerprint_name, ''), coalesce(fingerprint, ''), vulnerability, package_type,
    package_name
FROM finding
ANTI JOIN matched ON matched.finding_row = finding.rowid
WHERE scope = $scope AND state <> 'fixed' AND NOT ($is_group AND rev = $rev)
  AND finding.id NOT IN (SELECT other_id FROM identity_decision WHERE kind = 'split')
ORDER BY finding.id
