-- Assets of a scan that more than one tool has live findings for.
-- params: none
-- returns: asset
SELECT asset
FROM finding
WHERE state <> 'fixed' AND asset IN (SELECT name FROM incoming_asset)
GROUP BY asset
HAVING count(DISTINCT tool) > 1
ORDER BY asset
