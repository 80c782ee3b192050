-- Paths with findings that no rule was asked about yet, in assets that have rules.
-- params: rev BIGINT
-- returns: asset, path
SELECT DISTINCT f.asset, f.path
FROM finding AS f
SEMI JOIN owner_rule AS r ON r.asset = f.asset
ANTI JOIN path_owner AS p ON p.asset = f.asset AND p.path = f.path
WHERE f.path <> ''
    AND (f.rev = $rev OR f.asset IN (SELECT asset FROM changed_subject))
ORDER BY f.asset, f.path
