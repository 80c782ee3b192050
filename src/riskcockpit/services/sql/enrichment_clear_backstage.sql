-- Forgets what a file of a service catalogue said.
-- params: subject VARCHAR
-- returns: nothing
DELETE FROM catalogue_entry
WHERE subject = $subject
