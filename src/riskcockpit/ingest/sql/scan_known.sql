-- Whether this content was already set aside as older for this scope.
-- params: scope VARCHAR, content_hash VARCHAR
-- returns: one row (1), or none
SELECT 1
FROM scan
WHERE scope = $scope AND content_hash = $content_hash AND outcome = 'older'
LIMIT 1
