-- Scopes of the same tool and asset whose reports came in other formats than a scan. They are of the
-- same branch, as far as both forms name one. An alert of GitHub is no form of a report: what was
-- imported last is kept of a finding, and only the alert's record says which one a waiver dismisses.
-- params: none
-- returns: scan, scope
SELECT DISTINCT incoming_scan.scan, scan.scope
FROM incoming_scan
JOIN scan ON scan.asset = incoming_scan.asset AND scan.tool = incoming_scan.tool
WHERE scan.format <> incoming_scan.format AND scan.scope <> incoming_scan.scope
  AND (scan.branch IN (incoming_scan.branch, '') OR incoming_scan.branch = '')
  AND NOT starts_with(scan.format, 'github-')
  AND NOT starts_with(incoming_scan.format, 'github-')
  AND scan.outcome IN ('applied', 'held')
ORDER BY ALL
