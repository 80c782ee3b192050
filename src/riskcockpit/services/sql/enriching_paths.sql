-- Paths with findings that no rule was asked about yet, in assets that have rules.
-- params: rev BIGINT
-- returns: asset, path
WITH fresh AS MATERIALIZED (
    SELECT DISTINCT asset, path
    FROM finding
    WHERE path <> '' AND (rev = $rev OR asset IN (SELECT asset FROM changed_subject))
)
SELECT f.asset, f.path
FROM fresh AS f
SEMI JOIN owner_rule AS r ON r.asset = f.asset
ANTI JOIN path_owner AS p ON p.asset = f.asset AND p.path = f.path
ORDER BY f.asset, f.path
