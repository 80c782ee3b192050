-- Keeps those of the staged descriptions that are new.
-- params: none
-- returns: count of texts
INSERT INTO text_description BY NAME
SELECT told.id, told.description
FROM told_description AS told
ANTI JOIN text_description AS known USING (id)
