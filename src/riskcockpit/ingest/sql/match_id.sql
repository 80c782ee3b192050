-- Recognises results by the first key of a finding, which is its id.
-- params: none
-- returns: nothing
INSERT INTO matched (n, scan, finding_id, finding_row, how)
SELECT incoming.n, incoming.scan, finding.id, finding.rowid, 'exact'
FROM finding
JOIN incoming ON incoming.key = finding.id
ANTI JOIN matched AS by_result ON by_result.n = incoming.n
ANTI JOIN matched AS by_finding ON by_finding.finding_row = finding.rowid
