-- Writes down which findings are open again because their release was taken back.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT held.finding_id, $now, 'undone', '', 'its release was taken back: absent, not closed', $rev
FROM held_closure AS held
JOIN scan ON scan.id = held.scan_id
JOIN finding ON finding.id = held.finding_id
WHERE held.released_by <> '' AND held.released_by NOT IN (SELECT decision FROM projected_release)
    AND finding.state = 'fixed' AND finding.fixed_at = scan.scanned_at
