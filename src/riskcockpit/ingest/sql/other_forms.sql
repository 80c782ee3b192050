-- Scopes of the same tool and asset whose reports came in other formats than this one. They are of
-- the same branch, as far as both forms name one.
-- params: scope VARCHAR, asset VARCHAR, tool VARCHAR, branch VARCHAR, format VARCHAR
-- returns: scope
SELECT DISTINCT scope
FROM scan
WHERE asset = $asset AND tool = $tool AND format <> $format AND scope <> $scope
  AND (branch IN ($branch, '') OR $branch = '') AND outcome IN ('applied', 'held')
ORDER BY scope
