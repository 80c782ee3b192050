-- Forgets what statements of a scope are about: those of earlier imports, and those given anew.
-- params: scope VARCHAR, ids VARCHAR[], rev BIGINT
-- returns: nothing
DELETE FROM vex_target
WHERE statement_id IN (
    SELECT id
    FROM vex_statement
    WHERE scope = $scope AND (rev < $rev OR list_contains($ids, id))
)
