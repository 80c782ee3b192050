-- Gives findings the numbers of their places.
-- params: none
-- returns: count of findings
UPDATE finding
SET place_id = numbered.id
FROM (
    SELECT unnest(pending.row_ids) AS row_id, known.id
    FROM pending_place AS pending
    JOIN text_place AS known USING (asset, path)
) AS numbered
WHERE finding.rowid = numbered.row_id
