-- Remembers that findings of another scope are present in this one as well.
-- params: scope VARCHAR, category VARCHAR, branch VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_sighting (finding_id, scope, category, branch, seen_at, rev)
SELECT matched.finding_id, $scope, $category, $branch, $now, $rev
FROM matched
JOIN finding ON finding.rowid = matched.finding_row
WHERE finding.scope <> $scope
ON CONFLICT (finding_id, scope) DO UPDATE SET seen_at = excluded.seen_at, rev = excluded.rev
