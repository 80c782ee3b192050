-- Each model with its champion and the version it could be rolled back to.
-- params: none
-- returns: name, tier, champion (NULL when none serves), since (UTC, it serves), target (NULL when there is none), exposure (currency of the settings), seen_at (UTC), owner, window_seconds (the longest span one of its readings is computed over; NULL when none says)
SELECT
    m.name,
    m.tier,
    a.version AS champion,
    a.since,
    max(v.version) AS target,
    m.exposure,
    m.seen_at,
    m.owner,
    w.window_seconds
FROM model AS m
LEFT JOIN model_alias AS a ON a.model = m.name AND a.alias = 'champion'
LEFT JOIN model_version AS v
    ON v.model = m.name AND v.version < a.version AND v.status = 'READY'
    AND v.is_approved AND NOT v.is_rolled_back
LEFT JOIN (
    SELECT subject, max(window_seconds) AS window_seconds
    FROM reading
    WHERE subject_kind = 'model' AND window_seconds IS NOT NULL
    GROUP BY subject
) AS w ON w.subject = m.name
GROUP BY m.name, m.tier, a.version, a.since, m.exposure, m.seen_at, m.owner, w.window_seconds
ORDER BY m.name
