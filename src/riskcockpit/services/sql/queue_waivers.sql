-- Waivers that wait for a decision, those that end between `now` and `horizon`, and suspended ones.
-- params: now TIMESTAMP, horizon TIMESTAMP
-- returns: id, state, reason, requester, requested_at, expires_at (UTC), finding_count, exposure (currency of the settings), asset (of one finding), why
SELECT
    w.id, w.state, w.reason, w.requester, w.requested_at, w.expires_at, w.finding_count,
    coalesce(sum(f.exposure), 0) AS exposure,
    coalesce(min(f.asset), '') AS asset,
    coalesce(w.why, '') AS why
FROM waiver AS w
LEFT JOIN waiver_finding AS wf ON wf.waiver_id = w.id
LEFT JOIN finding AS f ON f.id = wf.finding_id
WHERE w.state = 'requested'
    OR (w.state = 'suspended' AND w.expires_at >= $now)
    OR (w.state = 'granted' AND w.expires_at >= $now AND w.expires_at < $horizon)
GROUP BY w.id, w.state, w.reason, w.requester, w.requested_at, w.expires_at, w.finding_count,
    w.why
ORDER BY w.requested_at, w.id
