-- Live findings of a scope that nothing was recognised as, nor in another part of the same scan;
-- after them those of the scopes that are other forms of it.
-- One that somebody split is known by its keys only: likeness was wrong about it before.
-- params: scope VARCHAR, forms VARCHAR[], is_group BOOLEAN, rev BIGINT
-- returns: id, rowid, class, asset, rule, path, line, col, title, snippet, fingerprint_name, fingerprint, vulnerability, package_type, package_name, is_own
SELECT
    finding.id, finding.rowid, class, asset, rule, path, line, col, title, snippet,
    coalesce(fingerprint_name, ''), coalesce(fingerprint, ''), vulnerability, package_type,
    package_name, scope = $scope AS is_own
FROM finding
ANTI JOIN matched ON matched.finding_row = finding.rowid
WHERE state <> 'fixed'
  AND (scope = $scope AND NOT ($is_group AND rev = $rev) OR list_contains($forms, scope))
  AND finding.id NOT IN (SELECT other_id FROM identity_decision WHERE kind = 'split')
ORDER BY is_own DESC, finding.id
