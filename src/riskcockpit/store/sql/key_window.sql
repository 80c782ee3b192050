-- The rows with the ranks that lie between two shares of all ranks, the greatest first, and how many
-- have a greater one.
-- params: shares DOUBLE[], most BIGINT
-- returns: before (findings), row_id, rank
WITH edges AS MATERIALIZED (
    SELECT quantile_disc(rank, $shares) AS edge FROM scratch.main.key_0
),
ahead AS MATERIALIZED (
    SELECT count(*) AS before FROM scratch.main.key_0, edges WHERE rank > edge[2]
),
around AS (
    SELECT row_id, rank
    FROM scratch.main.key_0, edges
    WHERE rank BETWEEN edge[1] AND edge[2]
    LIMIT $most
)
SELECT before, row_id, rank
FROM around, ahead
ORDER BY rank DESC
