-- Which sources tell what an incident is about: where it is registered, and who measures it.
-- params: subject VARCHAR
-- returns: source_id
SELECT source_id FROM model WHERE name = $subject
UNION
SELECT source_id FROM reading WHERE subject = $subject
ORDER BY source_id
