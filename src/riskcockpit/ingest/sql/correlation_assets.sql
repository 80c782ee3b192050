-- Assets of a scope in which groups across tools may exist, or existed.
-- params: scope VARCHAR
-- returns: asset
SELECT asset
FROM finding
WHERE state <> 'fixed' AND asset IN (
    SELECT name FROM incoming_asset
    UNION
    SELECT asset FROM finding WHERE scope = $scope
)
GROUP BY asset
HAVING count(DISTINCT tool) > 1 OR bool_or(correlation <> '')
ORDER BY asset
