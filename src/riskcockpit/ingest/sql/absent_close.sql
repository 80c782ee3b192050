-- Fixes absent findings and ends their waivers.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
UPDATE finding
SET state = absent.result, fixed_at = incoming_scan.moment, is_unconfirmed_absent = false,
    waived_until = NULL, waiver_id = '', correlation = '', seen_at = $now, rev = $rev
FROM absent
JOIN verdict ON verdict.scan = absent.scan
JOIN incoming_scan ON incoming_scan.scan = absent.scan
WHERE finding.rowid = absent.finding_row AND verdict.is_closing
  AND absent.is_rule_enabled AND absent.result = 'fixed'
