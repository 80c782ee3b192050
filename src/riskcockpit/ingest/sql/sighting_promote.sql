-- Hands findings that this scope lost to another scope that still shows them.
-- params: scope VARCHAR, scan_id VARCHAR, is_group BOOLEAN, rev BIGINT
-- returns: nothing
UPDATE finding
SET scope = other.scope, category = other.category, branch = other.branch
FROM (
    SELECT finding_id, scope, category, branch
    FROM finding_sighting
    WHERE scope <> $scope
    QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY seen_at DESC, scope) = 1
) AS other
WHERE finding.id = other.finding_id AND finding.scope = $scope AND finding.state <> 'fixed'
  AND CASE WHEN $is_group THEN finding.rev < $rev ELSE finding.scan_id <> $scan_id END
