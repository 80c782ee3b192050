-- Writes down what a scan changed, one event for each kind of change.
-- params: moment TIMESTAMP, scan_id VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT finding_id, $moment, 'reopened', $scan_id, '', $rev
FROM change
WHERE is_reopened
UNION ALL
SELECT
    change.finding_id, $moment, 'renamed', $scan_id,
    change.old_path || ' → ' || change.path, $rev
FROM change
WHERE change.is_renamed
UNION ALL
SELECT
    change.finding_id, $moment, 'moved', $scan_id,
    concat_ws(
        ', ',
        CASE WHEN change.old_line IS DISTINCT FROM change.line
            THEN 'line ' || coalesce(change.old_line::VARCHAR, '?') || ' → '
                || coalesce(change.line::VARCHAR, '?') END,
        CASE WHEN change.old_path <> change.path
            THEN 'other checkout: ' || change.old_path || ' → ' || change.path END
    ),
    $rev
FROM change
WHERE NOT change.is_renamed
    AND (change.old_line IS DISTINCT FROM change.line OR change.old_path <> change.path)
UNION ALL
SELECT
    change.finding_id, $moment, 'rule_renamed', $scan_id,
    change.old_rule || ' → ' || profile.rule, $rev
FROM change JOIN profile USING (profile)
WHERE change.is_rule_renamed
UNION ALL
SELECT
    change.finding_id, $moment, 'bumped', $scan_id,
    change.old_version || ' → ' || profile.package_version, $rev
FROM change JOIN profile USING (profile)
WHERE change.is_bumped
UNION ALL
SELECT
    change.finding_id, $moment, 'severity_changed', $scan_id,
    old.word || ' → ' || new.word, $rev
FROM change
JOIN profile USING (profile)
JOIN severity_word AS old ON old.severity = change.old_severity
JOIN severity_word AS new ON new.severity = profile.severity
WHERE change.is_severity_changed
UNION ALL
SELECT finding_id, $moment, 'suppressed', $scan_id, '', $rev
FROM change
WHERE new_state = 'suppressed_at_source' AND old_state <> new_state
