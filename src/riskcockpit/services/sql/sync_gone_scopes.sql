-- Scopes with live findings of this source alone that its whole pass, which
-- showed `scopes`, did not show at all.
-- params: source_id VARCHAR, scopes VARCHAR[]
-- returns: asset, tool, category, branch, format
SELECT scan.asset, scan.tool, scan.category, scan.branch, arg_max(scan.format, (scan.imported_at, scan.format))
FROM scan
WHERE scan.source_id = $source_id AND scan.is_page
  AND NOT list_contains($scopes, scan.scope)
  AND EXISTS (FROM finding WHERE finding.scope = scan.scope AND finding.state <> 'fixed')
  AND NOT EXISTS (
      FROM finding
      WHERE finding.scope = scan.scope AND finding.state <> 'fixed'
        AND finding.source_id <> $source_id
  )
GROUP BY scan.asset, scan.tool, scan.category, scan.branch
ORDER BY ALL
