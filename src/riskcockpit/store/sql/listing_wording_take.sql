-- Gives findings the numbers of their words.
-- params: none
-- returns: count of findings
UPDATE finding
SET wording_id = numbered.id
FROM numbered_wording AS numbered
WHERE finding.rowid = numbered.row_id
