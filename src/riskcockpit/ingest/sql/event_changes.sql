-- Writes down what scans changed, one event for each kind of change.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
WITH event AS (
    SELECT finding_id, scan, 'reopened' AS kind, '' AS detail
    FROM change
    WHERE is_reopened
    UNION ALL
    SELECT change.finding_id, change.scan, 'renamed', change.old_path || ' → ' || change.path
    FROM change
    WHERE change.is_renamed
    UNION ALL
    SELECT
        change.finding_id, change.scan, 'moved',
        concat_ws(
            ', ',
            CASE WHEN change.old_line IS DISTINCT FROM change.line
                THEN 'line ' || coalesce(change.old_line::VARCHAR, '?') || ' → '
                    || coalesce(change.line::VARCHAR, '?') END,
            CASE WHEN change.old_path <> change.path
                THEN 'other checkout: ' || change.old_path || ' → ' || change.path END
        )
    FROM change
    WHERE NOT change.is_renamed
        AND (change.old_line IS DISTINCT FROM change.line OR change.old_path <> change.path)
    UNION ALL
    SELECT
        change.finding_id, change.scan, 'rule_renamed', change.old_rule || ' → ' || profile.rule
    FROM change JOIN profile USING (profile)
    WHERE change.is_rule_renamed
    UNION ALL
    SELECT
        change.finding_id, change.scan, 'bumped',
        change.old_version || ' → ' || profile.package_version
    FROM change JOIN profile USING (profile)
    WHERE change.is_bumped
    UNION ALL
    SELECT
        change.finding_id, change.scan, 'severity_changed', old.word || ' → ' || new.word
    FROM change
    JOIN profile USING (profile)
    JOIN severity_word AS old ON old.severity = change.old_severity
    JOIN severity_word AS new ON new.severity = profile.severity
    WHERE change.is_severity_changed
    UNION ALL
    SELECT
        change.finding_id, change.scan,
        CASE WHEN told_profile.is_suppressed THEN 'suppressed' ELSE 'vex' END,
        CASE WHEN told_profile.is_suppressed THEN ''
            ELSE 'not_affected, in force still; ' || change.old_state || ' → ' || change.new_state END
    FROM change
    JOIN told_profile USING (profile)
    WHERE change.new_state = 'suppressed_at_source' AND change.old_state <> change.new_state
    UNION ALL
    SELECT finding_id, scan, 'state_changed', old_state || ' → ' || new_state
    FROM change
    WHERE old_state NOT IN ('fixed', new_state) AND new_state <> 'suppressed_at_source'
)
SELECT
    event.finding_id, incoming_scan.moment, event.kind, incoming_scan.scan_id, event.detail, $rev
FROM event
JOIN incoming_scan USING (scan)
