-- The owner rules of all assets.
-- params: none
-- returns: asset, pattern, owners; in the order of each file
SELECT asset, pattern, owners
FROM owner_rule
ORDER BY asset, ordinal
