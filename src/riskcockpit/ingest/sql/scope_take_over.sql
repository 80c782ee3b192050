-- A scope that sees a finding which was fixed answers for it now.
-- params: none
-- returns: nothing
UPDATE finding
SET scope = incoming_scan.scope, category = incoming_scan.category, branch = incoming_scan.branch
FROM change
JOIN incoming_scan ON incoming_scan.scan = change.scan
WHERE finding.rowid = change.finding_row AND finding.scope <> incoming_scan.scope
  AND change.old_state = 'fixed'
