-- Stages the words of findings that have no number yet as the search reads them, each once: in lower
-- case, and a number that does not follow on a letter as one character. Descriptions are told apart by
-- their numbers; `alike` is the least number of those that the search reads alike.
-- params: none
-- returns: nothing
CREATE OR REPLACE TEMP TABLE pending_wording AS
WITH described AS (
    SELECT description_id, description, min(description_id) OVER (PARTITION BY description) AS alike
    FROM (
        SELECT
            id AS description_id,
            regexp_replace(lower(description), '(^|[^a-z0-9])[0-9]+', '\1' || chr(31), 'g')
                AS description
        FROM text_description
        WHERE id IN (SELECT description_id FROM finding WHERE wording_id IS NULL)
    )
),
worded AS (
    SELECT flatten(list(row_ids)) AS row_ids, title, rule, package_name, vulnerability, alike
    FROM (
        SELECT
            row_ids, description_id,
            regexp_replace(
                lower(COLUMNS(* EXCLUDE (row_ids, description_id))),
                '(^|[^a-z0-9])[0-9]+', '\1' || chr(31), 'g'
            )
        FROM (
            SELECT
                title, rule, package_name, vulnerability, description_id, list(rowid) AS row_ids
            FROM finding
            WHERE wording_id IS NULL
            GROUP BY ALL
        )
    )
    JOIN described USING (description_id)
    GROUP BY title, rule, package_name, vulnerability, alike
)
SELECT worded.* EXCLUDE (alike), described.description
FROM worded
JOIN described ON described.description_id = worded.alike
