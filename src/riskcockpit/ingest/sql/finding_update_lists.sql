-- Takes over changed lists; apart, because changing a list rewrites its whole row.
-- params: none
-- returns: nothing
UPDATE finding
SET vulnerability_ids = profile.vulnerability_ids, cwes = profile.cwes
FROM change
JOIN profile ON profile.profile = change.profile
WHERE finding.rowid = change.finding_row AND change.is_updated
  AND (finding.vulnerability_ids <> profile.vulnerability_ids OR finding.cwes <> profile.cwes)
