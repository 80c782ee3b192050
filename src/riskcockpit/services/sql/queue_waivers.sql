-- Waivers that wait for a decision, those that end between `now` and `horizon`, suspended ones, and
-- those in force that no longer cover all they did.
-- params: now TIMESTAMP, horizon TIMESTAMP
-- returns: id, state, reason, requester, requested_at, expires_at (UTC), finding_count, exposure (currency of the settings), asset (of one finding), why (suspended, or in review; else empty), could_sign (principals)
WITH reviewed AS (
    SELECT
        w.id,
        count(DISTINCT f.id) AS findings,
        string_agg(DISTINCT split_part(e.detail, ' no longer covers it: ', 2), ', ' ORDER BY split_part(e.detail, ' no longer covers it: ', 2)) AS reasons
    FROM waiver AS w
    INNER JOIN waiver_finding AS wf ON wf.waiver_id = w.id
    INNER JOIN finding AS f ON f.id = wf.finding_id
    INNER JOIN finding_event AS e ON e.finding_id = f.id
    WHERE w.state = 'granted'
        AND f.state IN ('open', 'triage', 'pending_waiver')
        AND e.kind = 'waiver_review'
        AND starts_with(e.detail, 'waiver ' || left(w.id, 10) || ' no longer covers it: ')
    GROUP BY w.id
)
SELECT
    w.id, w.state, w.reason, w.requester, w.requested_at, w.expires_at, w.finding_count,
    coalesce(sum(f.exposure), 0) AS exposure,
    coalesce(min(f.asset), '') AS asset,
    CASE WHEN r.id IS NULL THEN coalesce(w.why, '')
        ELSE format('{} of {} not covered any more: {}', r.findings, w.finding_count, r.reasons)
    END AS why,
    coalesce(w.could_sign, []) AS could_sign
FROM waiver AS w
LEFT JOIN reviewed AS r ON r.id = w.id
LEFT JOIN waiver_finding AS wf ON wf.waiver_id = w.id
LEFT JOIN finding AS f ON f.id = wf.finding_id
WHERE w.state = 'requested'
    OR (w.state = 'suspended' AND w.expires_at >= $now)
    OR (w.state = 'granted' AND w.expires_at >= $now AND (w.expires_at < $horizon OR r.id IS NOT NULL))
GROUP BY w.id, w.state, w.reason, w.requester, w.requested_at, w.expires_at, w.finding_count,
    w.why, w.could_sign, r.id, r.findings, r.reasons
ORDER BY w.requested_at, w.id
