-- Stages the places of findings that have no number yet as the search reads them: in lower case, and a
-- number that does not follow on a letter as one character.
-- params: none
-- returns: nothing
CREATE OR REPLACE TEMP TABLE pending_place AS
SELECT
    row_ids,
    regexp_replace(
        lower(COLUMNS(* EXCLUDE (row_ids))), '(^|[^a-z0-9])[0-9]+', '\1' || chr(31), 'g'
    )
FROM (
    SELECT asset, path, list(rowid) AS row_ids
    FROM finding
    WHERE place_id IS NULL
    GROUP BY ALL
)
