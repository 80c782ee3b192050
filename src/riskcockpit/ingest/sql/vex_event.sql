-- Writes down which statements came into force, were worded anew or withdrawn, and what they changed.
-- params: now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    finding_id, $now, 'vex', scan_id,
    coalesce(words, 'withdrawn: ' || old_words)
        || CASE WHEN new_state <> old_state THEN '; ' || old_state || ' → ' || new_state ELSE '' END,
    $rev
FROM vex_change
WHERE words IS DISTINCT FROM old_words OR new_state <> old_state
