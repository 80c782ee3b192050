-- One row per asset that was scanned: what nobody has said about it.
WITH described AS (
    SELECT
        name,
        owner,
        concat_ws(
            ', ',
            CASE WHEN owner = '' THEN 'owner' END,
            CASE WHEN domain = '' THEN 'domain' END,
            CASE WHEN environment = '' THEN 'environment' END
        ) AS missing
    FROM asset
)
SELECT
    d.name AS resource,
    CASE WHEN d.missing = '' THEN 'ok' ELSE 'alarm' END AS status,
    CASE WHEN d.missing = '' THEN 'owner, domain and environment are known' ELSE 'nobody has said: ' || d.missing END AS reason,
    d.owner
FROM described AS d
WHERE d.name IN (SELECT asset FROM scan)
ORDER BY d.name
