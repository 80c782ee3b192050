-- Numbers those of the staged texts that are new.
-- params: none
-- returns: count of texts
INSERT INTO text_wording BY NAME
SELECT
    (SELECT coalesce(max(id), 0) FROM text_wording) + row_number() OVER () AS id,
    fresh.* EXCLUDE (row_ids)
FROM pending_wording AS fresh
ANTI JOIN text_wording AS known USING (title, rule, package_name, vulnerability, description)
