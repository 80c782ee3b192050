-- Writes down which absent findings were fixed, and which waivers ended with them.
-- params: moment TIMESTAMP, scan_id VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    finding_id, $moment, 'fixed', $scan_id,
    CASE WHEN waiver_id = '' THEN '' ELSE 'waiver closed: ' || waiver_id END, $rev
FROM absent
WHERE is_rule_enabled AND result = 'fixed'
