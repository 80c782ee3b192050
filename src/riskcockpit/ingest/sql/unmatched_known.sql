-- Live findings of a scope that nothing was recognised as, nor in another part of the same scan.
-- One that somebody split is known by its keys only: likeness was wrong about it before.
-- params: scope VARCHAR, is_group BOOLEAN, rev BIGINT
-- returns: id, class, asset, rule, path, line, col, title, snippet, fingerprint_name, fingerprint, vulnerability, package_type, package_name
SELECT
    id, class, asset, rule, path, line, col, title, snippet,
    coalesce(fingerprint_name, ''), coalesce(fingerprint, ''), vulnerability, package_type,
    package_name
FROM finding
WHERE scope = $scope AND state <> 'fixed' AND NOT ($is_group AND rev = $rev)
  AND NOT EXISTS (FROM matched WHERE matched.finding_id = finding.id)
  AND id NOT IN (SELECT other_id FROM identity_decision WHERE kind = 'split')
ORDER BY id
