-- Stages which number the places of which finding get, by row: in any other order the update takes
-- many times as long.
-- params: none
-- returns: count of findings
CREATE OR REPLACE TEMP TABLE numbered_place AS
SELECT unnest(pending.row_ids) AS row_id, known.id
FROM pending_place AS pending
JOIN text_place AS known USING (asset, path)
ORDER BY row_id
