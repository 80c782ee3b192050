-- Opens findings again whose release does not stand any more.
-- params: rev BIGINT
-- returns: nothing
UPDATE finding
SET state = CASE WHEN undone.state = 'triage' THEN 'triage' ELSE 'open' END, fixed_at = NULL,
    is_unconfirmed_absent = true, rev = $rev
FROM (
    SELECT held.finding_id, held.state, scan.scanned_at
    FROM held_closure AS held
    JOIN scan ON scan.id = held.scan_id
    WHERE held.released_by <> ''
        AND held.released_by NOT IN (SELECT decision FROM projected_release)
) AS undone
WHERE finding.id = undone.finding_id AND finding.state = 'fixed'
    AND finding.fixed_at = undone.scanned_at
