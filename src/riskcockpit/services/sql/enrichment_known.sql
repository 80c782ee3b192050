-- What is in force of a kind about a subject.
-- params: kind VARCHAR, subject VARCHAR
-- returns: content_hash, dated (UTC)
SELECT content_hash, dated
FROM enrichment
WHERE kind = $kind AND subject = $subject
