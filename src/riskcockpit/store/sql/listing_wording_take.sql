-- Gives findings the numbers of their words.
-- params: none
-- returns: count of findings
UPDATE finding
SET wording_id = numbered.id
FROM (
    SELECT unnest(pending.row_ids) AS row_id, known.id
    FROM pending_wording AS pending
    JOIN text_wording AS known USING (title, rule, package_name, vulnerability, description)
) AS numbered
WHERE finding.rowid = numbered.row_id
