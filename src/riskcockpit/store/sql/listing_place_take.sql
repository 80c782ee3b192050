-- Gives findings the numbers of their places.
-- params: none
-- returns: count of findings
UPDATE finding
SET place_id = numbered.id
FROM numbered_place AS numbered
WHERE finding.rowid = numbered.row_id
