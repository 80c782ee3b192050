-- Writes down which findings were absent without being closed, the first time.
-- params: is_closing BOOLEAN, kind VARCHAR, detail VARCHAR, moment TIMESTAMP, scan_id VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    finding_id, $moment, CASE WHEN is_rule_enabled THEN $kind ELSE 'absent' END, $scan_id,
    CASE WHEN is_rule_enabled THEN $detail ELSE 'its rule did not run' END, $rev
FROM absent
WHERE NOT is_doubted AND result = 'fixed' AND NOT ($is_closing AND is_rule_enabled)
