-- Findings of a scope that a scan does not show; their rule must have run to be closed.
-- params: scope VARCHAR, scan_id VARCHAR, rules VARCHAR[]
-- returns: nothing
INSERT INTO absent
SELECT
    finding.id, finding.state, absence.result,
    $rules IS NULL OR list_contains($rules, finding.rule)
        OR list_contains($rules, regexp_replace(finding.rule, '/[^/]*$', '')) AS is_rule_enabled,
    finding.is_unconfirmed_absent, finding.waiver_id
FROM finding
JOIN absence ON absence.stored = finding.state
WHERE finding.scope = $scope AND finding.scan_id <> $scan_id
