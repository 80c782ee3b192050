-- Takes over where the tool sees a finding now, and the record that says so.
-- params: none
-- returns: nothing
UPDATE finding
SET path = change.path, line = change.line, raw_hash = change.raw_hash,
    place_id = CASE WHEN finding.path = change.path THEN finding.place_id END
FROM change
WHERE finding.rowid = change.finding_row
  AND (change.is_updated OR change.is_moved OR change.is_reopened)
