-- A scope that sees a finding which its own scope lost, or which was fixed, answers for it now.
-- params: scope VARCHAR, category VARCHAR, branch VARCHAR
-- returns: nothing
UPDATE finding
SET scope = $scope, category = $category, branch = $branch
FROM change
WHERE finding.rowid = change.finding_row AND finding.scope <> $scope
  AND (change.old_state = 'fixed' OR finding.is_unconfirmed_absent)
