-- Waivers that are in force, suspended or asked for, and those that ended since a moment.
-- params: since TIMESTAMP
-- returns: id, state, reason, requester, approver, expires_at (UTC), findings, exposure
SELECT
    w.id, w.state, w.reason, w.requester, w.approver, w.expires_at, w.finding_count AS findings,
    coalesce((SELECT sum(f.exposure) FROM finding AS f WHERE f.waiver_id = w.id), 0) AS exposure
FROM waiver AS w
WHERE
    w.state IN ('requested', 'granted', 'suspended')
    OR (w.state = 'expired' AND w.expires_at > $since)
    OR coalesce(w.decided_at, w.requested_at) > $since
ORDER BY w.state, w.expires_at, w.id
