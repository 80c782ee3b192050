-- Names what findings of the scopes of scans, or all findings, are about, as VEX statements would
-- call it.
-- params: scan_id VARCHAR, is_all BOOLEAN
-- returns: nothing
INSERT INTO vex_subject
SELECT
    finding.id, coalesce(incoming_scan.scan_id, $scan_id), finding.asset, finding.package_type,
    finding.package_name, finding.package_version, finding.vulnerability_ids
FROM finding
LEFT JOIN incoming_scan ON incoming_scan.scope = finding.scope
WHERE len(finding.vulnerability_ids) > 0 AND ($is_all OR incoming_scan.scan IS NOT NULL)
