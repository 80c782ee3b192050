-- Writes down which findings were absent without being closed, the first time.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    absent.finding_id, incoming_scan.moment,
    CASE WHEN absent.is_rule_enabled THEN verdict.kind ELSE 'absent' END, incoming_scan.scan_id,
    CASE WHEN absent.is_rule_enabled THEN verdict.detail ELSE 'its rule did not run' END, $rev
FROM absent
JOIN verdict ON verdict.scan = absent.scan
JOIN incoming_scan ON incoming_scan.scan = absent.scan
WHERE NOT absent.is_doubted AND absent.result = 'fixed'
  AND NOT (verdict.is_closing AND absent.is_rule_enabled)
