-- The findings of a query whose ranks are the greatest, the greatest first, and how many it has.
-- params: count BIGINT
-- returns: total (findings), row_id, rank (see Clauses)
WITH found AS MATERIALIZED (
    SELECT CAST(rowid AS UINTEGER) AS row_id, /*rank*/ 0.0 AS rank
    FROM finding
    WHERE /*where*/ TRUE
)
SELECT (SELECT count(*) FROM found) AS total, row_id, rank
FROM (
    SELECT row_id, rank
    FROM found
    ORDER BY rank DESC
    LIMIT $count
)
ORDER BY rank DESC
