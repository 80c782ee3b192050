-- Scopes of the same tool and asset whose reports came in other formats than a scan. They are of the
-- same branch, as far as both forms name one.
-- params: none
-- returns: scan, scope
SELECT DISTINCT incoming_scan.scan, scan.scope
FROM incoming_scan
JOIN scan ON scan.asset = incoming_scan.asset AND scan.tool = incoming_scan.tool
WHERE scan.format <> incoming_scan.format AND scan.scope <> incoming_scan.scope
  AND (scan.branch IN (incoming_scan.branch, '') OR incoming_scan.branch = '')
  AND scan.outcome IN ('applied', 'held')
ORDER BY ALL
