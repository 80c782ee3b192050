WITH complete AS (
    SELECT scope, asset, scanned_at
    FROM scan
    WHERE is_complete AND outcome IN ('applied', 'repeated') AND scanned_at <= $as_of
        AND NOT starts_with(tool, 'riskcockpit.')
),
covered AS (
    SELECT asset, scope FROM complete
    UNION
    SELECT asset, scope FROM finding WHERE scope IN (SELECT scope FROM complete)
),
newest AS (
    SELECT c.asset, max(s.scanned_at) AS "at"
    FROM covered AS c
    INNER JOIN complete AS s ON s.scope = c.scope
    GROUP BY c.asset
)
SELECT
    a.name AS item,
    CAST(NULL AS DOUBLE) AS value,
    n."at",
    CASE
        WHEN n.asset IS NULL THEN 'never scanned completely'
        WHEN n."at" >= $since THEN 'scanned'
        ELSE format('scanned {} h ago', date_diff('hour', n."at", $as_of))
    END AS note
FROM asset AS a
LEFT JOIN newest AS n ON n.asset = a.name
WHERE
    a.kind IN ('repository', 'image', 'service', 'cloud_account') AND a.tier <= 2
    AND EXISTS (SELECT 1 FROM scan WHERE scanned_at <= $as_of)
ORDER BY n."at" NULLS FIRST, item, note
