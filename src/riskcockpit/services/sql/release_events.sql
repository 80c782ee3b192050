-- Writes down which findings a release closed.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    held.finding_id, scan.scanned_at, 'fixed', held.scan_id,
    'held, and released by ' || p.actor, $rev
FROM held_closure AS held
JOIN projected_release AS p ON p.scan_id = held.scan_id AND p.finding_id = held.finding_id
JOIN scan ON scan.id = held.scan_id
JOIN finding ON finding.id = held.finding_id
WHERE held.released_by = '' AND finding.scope = held.scope
    AND finding.is_unconfirmed_absent AND finding.state NOT IN ('fixed', 'false_positive')
