-- Fixes absent findings and ends their waivers.
-- params: moment TIMESTAMP, now TIMESTAMP, rev BIGINT
-- returns: nothing
UPDATE finding
SET state = absent.result, fixed_at = $moment, is_unconfirmed_absent = false,
    waived_until = NULL, waiver_id = '', correlation = '', seen_at = $now, rev = $rev
FROM absent
WHERE finding.rowid = absent.finding_row AND absent.is_rule_enabled AND absent.result = 'fixed'
