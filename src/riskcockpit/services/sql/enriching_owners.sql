-- Gives findings their owner: the first of their path, else the one the settings name for the asset,
-- else that of the service catalogue.
-- params: has_catalogue BOOLEAN, rev BIGINT
-- returns: count of changed findings
UPDATE finding
SET owner = wanted.owner, rev = $rev
FROM (
    SELECT
        f.rowid AS row_id,
        coalesce(p.owners[1], nullif(f.settings_owner, ''), a.catalogue_owner, '') AS owner
    FROM finding AS f
    LEFT JOIN path_owner AS p ON p.asset = f.asset AND p.path = f.path
    LEFT JOIN asset AS a ON a.name = f.asset
    WHERE f.asset IN (SELECT asset FROM changed_subject)
        OR (f.rev = $rev AND p.asset IS NOT NULL)
        OR ($has_catalogue AND (a.rev = $rev OR (f.rev = $rev AND a.catalogue_owner <> '')))
) AS wanted
WHERE finding.rowid = wanted.row_id AND finding.owner <> wanted.owner
