-- Scans whose closures are held, with what they changed and would close; the newest first.
-- params: none
-- returns: id, scope (digest), asset, tool, category, branch, content_hash, document, scanned_at (UTC), imported_at (UTC), created, moved, reopened, live (before the scan; NULL when unknown), findings (ids)
SELECT
    scan.id, scan.scope, scan.asset, scan.tool, scan.category, scan.branch, scan.content_hash,
    scan.document, scan.scanned_at, scan.imported_at, scan.created, scan.moved, scan.reopened,
    scan.live, list(held.finding_id ORDER BY held.finding_id) AS findings
FROM scan
JOIN held_closure AS held ON held.scan_id = scan.id
JOIN finding ON finding.id = held.finding_id
WHERE held.released_by = '' AND finding.scope = held.scope AND finding.is_unconfirmed_absent
    AND finding.state NOT IN ('fixed', 'false_positive')
GROUP BY ALL
ORDER BY scan.imported_at DESC, scan.id
