-- Sets when a confirmed rollback took a model's fault out of production.
-- params: rev BIGINT
-- returns: nothing
UPDATE finding
SET contained_at = wanted.moment, rev = $rev
FROM (
    WITH first_contained AS (
        SELECT f.id, min(p.moment) AS moment
        FROM projected_containment AS p
        JOIN finding AS f ON f.model = p.model
        WHERE f.class = 'model'
            AND p.moment >= coalesce(f.reopened_at, f.onset_at, f.detected_at)
            AND (f.fixed_at IS NULL OR p.moment <= f.fixed_at)
        GROUP BY f.id
    )
    SELECT f.id, first_contained.moment
    FROM finding AS f
    LEFT JOIN first_contained ON first_contained.id = f.id
    WHERE first_contained.id IS NOT NULL OR f.contained_at IS NOT NULL
) AS wanted
WHERE finding.id = wanted.id AND finding.contained_at IS DISTINCT FROM wanted.moment
