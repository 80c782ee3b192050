-- Subjects with live findings of our own monitor.
-- params: tool VARCHAR
-- returns: asset
SELECT DISTINCT asset
FROM finding
WHERE tool = $tool AND state <> 'fixed'
ORDER BY asset
