-- The rows with the rank of one row, and how many have a greater one.
-- params: row_id BIGINT, most BIGINT
-- returns: before (findings), row_id
WITH own AS MATERIALIZED (
    SELECT rank AS height FROM scratch.main.key_0 WHERE row_id = $row_id
),
ahead AS MATERIALIZED (
    SELECT count(*) AS before FROM scratch.main.key_0, own WHERE rank > height
)
SELECT before, row_id
FROM scratch.main.key_0, own, ahead
WHERE rank = height
LIMIT $most
