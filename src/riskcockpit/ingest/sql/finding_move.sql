-- Takes over where the tool sees a finding now, and the record that says so.
-- params: none
-- returns: nothing
UPDATE finding
SET path = incoming.path, line = incoming.line, raw_hash = incoming.raw_hash, place_id = NULL
FROM change
JOIN incoming ON incoming.n = change.n
WHERE finding.rowid = change.finding_row
  AND (change.is_updated OR change.is_moved OR change.is_reopened)
