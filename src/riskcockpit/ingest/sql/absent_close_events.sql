-- Writes down which absent findings were fixed, and which waivers ended with them.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    absent.finding_id, incoming_scan.moment, 'fixed', incoming_scan.scan_id,
    CASE WHEN absent.waiver_id = '' THEN '' ELSE 'waiver closed: ' || absent.waiver_id END, $rev
FROM absent
JOIN verdict ON verdict.scan = absent.scan
JOIN incoming_scan ON incoming_scan.scan = absent.scan
WHERE verdict.is_closing AND absent.is_rule_enabled AND absent.result = 'fixed'
