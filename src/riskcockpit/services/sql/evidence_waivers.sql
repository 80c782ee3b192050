-- All waivers, for those who weigh them.
-- params: none
-- returns: id, state, reason, justification, requester, approver, requested_at, expires_at (UTC), findings
SELECT
    id, state, reason, justification, requester, approver, requested_at, expires_at,
    finding_count AS findings
FROM waiver
ORDER BY requested_at, id
