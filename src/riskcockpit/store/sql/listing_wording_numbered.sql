-- Stages which number the words of which finding get, by row: in any other order the update takes
-- many times as long.
-- params: none
-- returns: count of findings
CREATE OR REPLACE TEMP TABLE numbered_wording AS
SELECT unnest(pending.row_ids) AS row_id, known.id
FROM pending_wording AS pending
JOIN text_wording AS known USING (title, rule, package_name, vulnerability, description)
ORDER BY row_id
