-- How the findings of a query spread over the values of the fields people narrow by.
-- params: top INTEGER
-- returns: field, value (severity as its number), findings; the most frequent first
WITH counted AS (
    SELECT
        CASE
            WHEN grouping(severity) = 0 THEN 'severity'
            WHEN grouping(state) = 0 THEN 'state'
            WHEN grouping(pillar) = 0 THEN 'pillar'
            WHEN grouping(class) = 0 THEN 'class'
            WHEN grouping(owner) = 0 THEN 'owner'
            WHEN grouping(asset) = 0 THEN 'asset'
            WHEN grouping(tool) = 0 THEN 'tool'
            ELSE 'rule'
        END AS field,
        coalesce(CAST(severity AS VARCHAR), state, pillar, class, owner, asset, tool, rule) AS value,
        count(*) AS findings
    FROM finding
    WHERE /*where*/ TRUE
    GROUP BY GROUPING SETS (
        (severity), (state), (pillar), (class), (owner), (asset), (tool), (rule)
    )
)
SELECT field, value, findings
FROM counted
QUALIFY row_number() OVER (PARTITION BY field ORDER BY findings DESC, value) <= $top
ORDER BY field, findings DESC, value
