-- Marks absent findings that stay open because their absence is not confirmed.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
UPDATE finding
SET is_unconfirmed_absent = true, seen_at = $now, rev = $rev
FROM absent
JOIN verdict ON verdict.scan = absent.scan
WHERE finding.rowid = absent.finding_row AND NOT absent.is_doubted AND absent.result = 'fixed'
  AND NOT (verdict.is_closing AND absent.is_rule_enabled)
