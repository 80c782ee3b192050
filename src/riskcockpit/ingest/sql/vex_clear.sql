-- Forgets the statements of a scope.
-- params: scope VARCHAR
-- returns: nothing
DELETE FROM vex_statement WHERE scope = $scope
