-- Findings of the scopes of scans that those, or no scan of this import, show; only a rule that ran
-- closes. Of a scan that names the assets it looked at, those of other assets are not absent.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO absent
WITH unseen AS (
    SELECT
        incoming_scan.scan, finding.id, finding.rowid AS finding_row, finding.state, finding.rule, finding.is_unconfirmed_absent,
        finding.waiver_id, incoming_scan.is_any_rule,
        regexp_replace(finding.rule, '/[^/]*$', '') AS group_rule
    FROM finding
    JOIN incoming_scan ON incoming_scan.scope = finding.scope
    WHERE incoming_scan.is_judged AND (incoming_scan.is_any_asset OR EXISTS (
        FROM scanned_asset
        WHERE scanned_asset.scan = incoming_scan.scan AND scanned_asset.asset = finding.asset
    )) AND CASE
        WHEN incoming_scan.is_group THEN finding.rev < $rev
        ELSE finding.scan_id <> incoming_scan.scan_id
    END
)
SELECT
    unseen.scan, unseen.id, unseen.finding_row, unseen.state, absence.result,
    unseen.is_any_rule OR EXISTS (
        FROM ran_rule WHERE ran_rule.scan = unseen.scan AND ran_rule.rule = unseen.rule
    ) OR EXISTS (
        FROM ran_rule WHERE ran_rule.scan = unseen.scan AND ran_rule.rule = unseen.group_rule
    ) AS is_rule_enabled,
    unseen.is_unconfirmed_absent, unseen.waiver_id
FROM unseen
JOIN absence ON absence.stored = unseen.state
