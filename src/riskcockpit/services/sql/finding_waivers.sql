-- The waivers and waiver requests that name a finding, newest first.
-- params: id VARCHAR
-- returns: the columns of a waiver; times are UTC
SELECT
    w.id, w.state, w.reason, w.justification, w.requester, w.approver, w.requested_at,
    w.expires_at, w.finding_count, w.query
FROM waiver AS w
JOIN waiver_finding AS wf ON wf.waiver_id = w.id
WHERE wf.finding_id = $id
ORDER BY w.requested_at DESC, w.id
