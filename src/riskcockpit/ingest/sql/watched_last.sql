-- The digest of the last report about each subject.
-- params: tool VARCHAR
-- returns: asset, content_hash
SELECT asset, arg_max(content_hash, imported_at) AS content_hash
FROM scan
WHERE tool = $tool AND outcome = 'applied'
GROUP BY asset
