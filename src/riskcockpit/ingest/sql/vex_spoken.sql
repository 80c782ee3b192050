-- The statements of a scope that speak of at least one finding.
-- params: scope VARCHAR
-- returns: id
SELECT DISTINCT vex_statement.id
FROM vex_statement
JOIN vex_match ON vex_match.statement_id = vex_statement.id
WHERE vex_statement.scope = $scope
