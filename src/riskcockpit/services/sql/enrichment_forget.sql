-- Forgets what was in force of a kind about a subject; the new one is written in the same transaction.
-- params: kind VARCHAR, subject VARCHAR
-- returns: nothing
DELETE FROM enrichment
WHERE kind = $kind AND subject = $subject
