-- Closes what held scans did not see and somebody released, unless it was seen since.
-- params: rev BIGINT
-- returns: nothing
UPDATE finding
SET state = 'fixed', fixed_at = released.scanned_at, is_unconfirmed_absent = false,
    waived_until = NULL, waiver_id = '', correlation = '', rev = $rev
FROM (
    SELECT held.finding_id, held.scope, scan.scanned_at
    FROM held_closure AS held
    JOIN projected_release AS p ON p.scan_id = held.scan_id AND p.finding_id = held.finding_id
    JOIN scan ON scan.id = held.scan_id
    WHERE held.released_by = ''
) AS released
WHERE finding.id = released.finding_id AND finding.scope = released.scope
    AND finding.is_unconfirmed_absent AND finding.state NOT IN ('fixed', 'false_positive')
