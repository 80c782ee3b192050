-- Forgets what the statements of a scope are about.
-- params: scope VARCHAR
-- returns: nothing
DELETE FROM vex_target
WHERE statement_id IN (SELECT id FROM vex_statement WHERE scope = $scope)
