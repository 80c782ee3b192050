-- Live findings of a scope that no result was recognised as, to be compared by the passes.
-- params: scope VARCHAR
-- returns: id, class, asset, rule, path, line, col, title, snippet, fingerprint_name, fingerprint, vulnerability, package_type, package_name
SELECT
    id, class, asset, rule, path, line, col, title, snippet,
    coalesce(fingerprint_name, ''), coalesce(fingerprint, ''), vulnerability, package_type,
    package_name
FROM finding
WHERE scope = $scope AND state <> 'fixed'
  AND NOT EXISTS (FROM matched WHERE matched.finding_id = finding.id)
ORDER BY id
