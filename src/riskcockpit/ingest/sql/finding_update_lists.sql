-- Takes over changed lists; apart, because changing a list rewrites its whole row.
-- params: none
-- returns: nothing
UPDATE finding
SET vulnerability_ids = profile.vulnerability_ids, cwes = profile.cwes
FROM change
JOIN incoming ON incoming.n = change.n
JOIN profile ON profile.profile = incoming.profile
WHERE finding.rowid = change.finding_row AND change.is_updated
  AND (finding.vulnerability_ids <> profile.vulnerability_ids OR finding.cwes <> profile.cwes)
