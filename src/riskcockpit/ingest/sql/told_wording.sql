-- Makes a number of each description.
-- params: none
-- returns: nothing
INSERT INTO told_wording
SELECT wording, hash(description)
FROM wording
