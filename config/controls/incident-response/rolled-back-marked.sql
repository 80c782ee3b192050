-- One row per production model: versions that its champion was moved back from.
WITH unmarked AS (
    SELECT m.model, count(DISTINCT m.from_version) AS versions, max(m.from_version) AS newest
    FROM model_alias_move AS m
    INNER JOIN model_version AS v ON v.model = m.model AND v.version = m.from_version
    WHERE
        m.alias = 'champion' AND m.to_version < m.from_version AND NOT v.is_rolled_back
        AND date_diff('day', m."at", $as_of) <= $days
    GROUP BY m.model
)
SELECT
    a.model AS resource,
    CASE WHEN u.model IS NULL THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN u.model IS NULL THEN 'every version that was rolled back is marked'
        ELSE format('{} versions were rolled back and are not marked, as v{}', u.versions, u.newest)
    END AS reason
FROM model_alias AS a
LEFT JOIN unmarked AS u ON u.model = a.model
WHERE a.alias = 'champion'
ORDER BY a.model
