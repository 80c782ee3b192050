-- Those of some assets, or of the assets of some scopes, in which groups across tools may exist, or
-- existed.
-- params: scopes VARCHAR[], assets VARCHAR[]
-- returns: asset
SELECT asset
FROM finding
WHERE state <> 'fixed' AND asset IN (
    SELECT unnest($assets)
    UNION
    SELECT asset FROM finding WHERE scope IN (SELECT unnest($scopes))
)
GROUP BY asset
HAVING count(DISTINCT tool) > 1 OR bool_or(correlation <> '')
ORDER BY asset
