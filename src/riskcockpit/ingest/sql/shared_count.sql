-- How many results of each scan change what another part of the same scan showed in this publish.
-- params: rev BIGINT
-- returns: scan, count
SELECT change.scan, count(*)
FROM change
JOIN finding ON finding.rowid = change.finding_row
JOIN incoming_scan ON incoming_scan.scan = change.scan
JOIN scan ON scan.id = finding.scan_id
WHERE incoming_scan.is_group AND finding.rev = $rev AND scan.rev = $rev
    AND scan.scope = incoming_scan.scope AND scan.id <> incoming_scan.scan_id
    AND (change.is_moved OR change.is_updated OR change.is_bumped)
GROUP BY change.scan
