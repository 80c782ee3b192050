-- Numbers those of the staged texts that are new.
-- params: none
-- returns: count of texts
INSERT INTO text_place BY NAME
SELECT (SELECT coalesce(max(id), 0) FROM text_place) + row_number() OVER () AS id, fresh.*
FROM (
    SELECT DISTINCT asset, path
    FROM pending_place
) AS fresh
ANTI JOIN text_place AS known USING (asset, path)
