-- What of a scan could not be read.
-- params: scan_id VARCHAR
-- returns: place, reason
SELECT place, reason
FROM quarantine
WHERE scan_id = $scan_id
ORDER BY rowid
