-- Waivers that wait for a decision, and those that end between `now` and `horizon`.
-- params: now TIMESTAMP, horizon TIMESTAMP
-- returns: id, state, reason, requester, requested_at, expires_at (UTC), finding_count, exposure (currency of the settings), asset (of one finding)
SELECT
    w.id, w.state, w.reason, w.requester, w.requested_at, w.expires_at, w.finding_count,
    coalesce(sum(f.exposure), 0) AS exposure,
    coalesce(min(f.asset), '') AS asset
FROM waiver AS w
LEFT JOIN waiver_finding AS wf ON wf.waiver_id = w.id
LEFT JOIN finding AS f ON f.id = wf.finding_id
WHERE w.state = 'requested'
    OR (w.state = 'granted' AND w.expires_at >= $now AND w.expires_at < $horizon)
GROUP BY w.id, w.state, w.reason, w.requester, w.requested_at, w.expires_at, w.finding_count
ORDER BY w.requested_at, w.id
