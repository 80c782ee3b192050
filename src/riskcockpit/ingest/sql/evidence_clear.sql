-- Removes what earlier scans of a scope proved; the newest scan speaks.
-- params: scope VARCHAR
-- returns: nothing
DELETE FROM control_evidence
WHERE scope = $scope
