-- Forgets statements of a scope: those of earlier imports, and those given anew.
-- params: scope VARCHAR, ids VARCHAR[], rev BIGINT
-- returns: nothing
DELETE FROM vex_statement
WHERE scope = $scope AND (rev < $rev OR list_contains($ids, id))
