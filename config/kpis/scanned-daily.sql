WITH complete AS (
    SELECT scope, asset
    FROM scan
    WHERE is_complete AND outcome IN ('applied', 'repeated') AND scanned_at BETWEEN $since AND $as_of
        AND NOT starts_with(tool, 'riskcockpit.')
),
covered AS (
    SELECT asset FROM complete
    UNION
    SELECT asset FROM finding WHERE scope IN (SELECT scope FROM complete)
)
SELECT
    (count(c.asset) * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max(scanned_at) FROM scan WHERE scanned_at <= $as_of) AS as_of
FROM asset AS a
LEFT JOIN covered AS c ON c.asset = a.name
WHERE
    a.kind IN ('repository', 'image', 'service', 'cloud_account') AND a.tier <= 2
    AND EXISTS (SELECT 1 FROM scan WHERE scanned_at <= $as_of)
