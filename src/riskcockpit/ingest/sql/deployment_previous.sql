-- Settles which deployment served a place before each: the last one that succeeded there.
-- params: rev BIGINT
-- returns: nothing
UPDATE deployment
SET previous_id = wanted.previous_id, rev = $rev
FROM (
    SELECT
        id,
        coalesce(
            last_value(CASE WHEN status = 'succeeded' THEN id END IGNORE NULLS) OVER (
                PARTITION BY source_id, asset, environment ORDER BY at_place, id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ),
            ''
        ) AS previous_id
    FROM deployment
) AS wanted
WHERE deployment.id = wanted.id AND deployment.previous_id <> wanted.previous_id
