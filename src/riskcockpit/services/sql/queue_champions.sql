-- Each model with its champion and the version it could be rolled back to.
-- params: none
-- returns: name, tier, champion (NULL when none serves), since (UTC, it serves; without one since it was lost, or the first version was there), target (NULL when there is none), exposure (currency of the settings), seen_at (UTC), owner, window_seconds (the longest span one of its readings is computed over; NULL when none says)
SELECT
    m.name,
    m.tier,
    a.version AS champion,
    coalesce(a.since, g.lost_at, g.made_at) AS since,
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
LEFT JOIN (
    SELECT model, max(lost_at) AS lost_at, min(made_at) AS made_at
    FROM (
        SELECT model, "at" AS lost_at, NULL::TIMESTAMP AS made_at
        FROM model_alias_move
        WHERE alias = 'champion' AND to_version IS NULL
        UNION ALL
        SELECT model, NULL, created_at FROM model_version
    )
    GROUP BY model
) AS g ON g.model = m.name
GROUP BY m.name, m.tier, a.version, a.since, g.lost_at, g.made_at, m.exposure, m.seen_at, m.owner, w.window_seconds
ORDER BY m.name
