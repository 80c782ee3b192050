-- Groups live findings across tools: same vulnerability and package, or same CWE near the same line.
-- params: assets VARCHAR[]
-- returns: nothing
UPDATE finding
SET correlation = coalesce(grouped.correlation, '')
FROM (
    WITH live AS (
        SELECT id, tool, asset, vulnerability, package_name, cwes, path, line
        FROM finding
        WHERE state <> 'fixed' AND asset IN (SELECT unnest($assets))
    ), packaged AS (
        SELECT
            id, tool,
            md5(concat_ws(chr(31), 'v', asset, vulnerability, package_name)) AS correlation
        FROM live
        WHERE vulnerability <> '' AND package_name <> ''
    ), weak AS (
        SELECT id, tool, asset, unnest(cwes) AS cwe, path, line
        FROM live
        WHERE path <> '' AND line IS NOT NULL
    ), jumps AS (
        SELECT
            *,
            line - lag(line) OVER (PARTITION BY asset, cwe, path ORDER BY line, id) > 3 AS is_far
        FROM weak
    ), near AS (
        SELECT
            id, tool, asset, cwe, path,
            count(*) FILTER (is_far) OVER (
                PARTITION BY asset, cwe, path ORDER BY line, id
            ) AS island
        FROM jumps
    ), placed AS (
        SELECT
            id, tool,
            md5(concat_ws(
                chr(31), 'c', asset, cwe,
                min(id) OVER (PARTITION BY asset, cwe, path, island)
            )) AS correlation
        FROM near
    ), member AS (
        SELECT id, tool, correlation FROM packaged
        UNION ALL
        SELECT id, tool, correlation FROM placed
    ), across AS (
        SELECT correlation
        FROM member
        GROUP BY correlation
        HAVING count(DISTINCT tool) > 1
    )
    SELECT live.id, min(across.correlation) AS correlation
    FROM live
    LEFT JOIN member ON member.id = live.id
    LEFT JOIN across ON across.correlation = member.correlation
    GROUP BY live.id
) AS grouped
WHERE finding.id = grouped.id AND finding.correlation <> coalesce(grouped.correlation, '')
