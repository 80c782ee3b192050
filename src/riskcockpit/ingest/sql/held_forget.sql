-- Forgets what earlier scans of a scope would have closed, unless it was released.
-- params: scope VARCHAR
-- returns: nothing
DELETE FROM held_closure
WHERE scope = $scope AND released_by = ''
