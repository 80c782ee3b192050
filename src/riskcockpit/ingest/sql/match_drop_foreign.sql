-- Takes back what was recognised as a finding of another tool: for what we judge ourselves, whose ids
-- anybody can compute and claim for something else before it happens.
-- params: none
-- returns: nothing
DELETE FROM matched
USING finding, incoming_scan
WHERE finding.rowid = matched.finding_row AND incoming_scan.scan = matched.scan
  AND finding.tool <> incoming_scan.tool
