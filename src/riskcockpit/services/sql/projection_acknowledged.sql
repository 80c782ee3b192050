-- Sets when somebody first signed something about a finding, or about its model since it began.
-- params: rev BIGINT
-- returns: nothing
UPDATE finding
SET acknowledged_at = wanted.moment, rev = $rev
FROM (
    WITH said AS (
        SELECT f.id, p.moment
        FROM projected_acknowledgement AS p
        JOIN finding AS f ON f.id = p.subject
        WHERE f.reopened_at IS NULL OR p.moment >= f.reopened_at
        UNION ALL
        SELECT f.id, p.moment
        FROM projected_acknowledgement AS p
        JOIN finding AS f ON f.model = p.subject
        WHERE f.model <> ''
            AND p.moment >= coalesce(f.reopened_at, f.onset_at, f.detected_at)
            AND (f.fixed_at IS NULL OR p.moment <= f.fixed_at)
    ),
    first_said AS (SELECT id, min(moment) AS moment FROM said GROUP BY id)
    SELECT f.id, first_said.moment
    FROM finding AS f
    LEFT JOIN first_said ON first_said.id = f.id
    WHERE first_said.id IS NOT NULL OR f.acknowledged_at IS NOT NULL
) AS wanted
WHERE finding.id = wanted.id AND finding.acknowledged_at IS DISTINCT FROM wanted.moment
