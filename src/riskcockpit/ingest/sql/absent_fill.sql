-- Findings of a scope that a scan, or no scan of this import, shows; only a rule that ran closes.
-- Of a scan that names the assets it looked at, those of other assets are not absent.
-- params: scope VARCHAR, scan_id VARCHAR, is_group BOOLEAN, rules VARCHAR[], assets VARCHAR[], rev BIGINT
-- returns: nothing
INSERT INTO absent
SELECT
    finding.id, finding.rowid, finding.state, absence.result,
    $rules IS NULL OR list_contains($rules, finding.rule)
        OR list_contains($rules, regexp_replace(finding.rule, '/[^/]*$', '')) AS is_rule_enabled,
    finding.is_unconfirmed_absent, finding.waiver_id
FROM finding
JOIN absence ON absence.stored = finding.state
WHERE finding.scope = $scope
  AND ($assets IS NULL OR list_contains($assets, finding.asset))
  AND CASE WHEN $is_group THEN finding.rev < $rev ELSE finding.scan_id <> $scan_id END
