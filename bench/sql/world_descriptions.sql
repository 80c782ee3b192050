-- What the findings of the world are described by; the ids are not made of the texts, which only ingest
-- would miss.
-- params: none
-- returns: nothing
INSERT INTO text_description BY NAME
SELECT
    description_id AS id,
    'A value that somebody else controls reaches a place where it is taken for code. Found in module '
        || (description_id // 100000) || '; check number ' || (description_id % 100000) || '.'
        AS description
FROM (SELECT DISTINCT description_id FROM finding)
