-- Writes into the history of findings that the import which changed them was taken back.
-- params: now TIMESTAMP, document VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    finding.id, $now, 'undone', '',
    'the import of ' || $document || ' was taken back: ' || undone_change.kinds, $rev
FROM undone_change
JOIN finding ON finding.id = undone_change.finding_id
