-- Gives findings about models their owner: whom the settings name for the asset, else the registry
-- for the model, else the service catalogue.
-- params: rev BIGINT
-- returns: count of changed findings
UPDATE finding
SET owner = wanted.owner, rev = $rev
FROM (
    SELECT
        f.rowid AS row_id,
        coalesce(nullif(f.settings_owner, ''), nullif(m.owner, ''), a.catalogue_owner, '') AS owner
    FROM finding AS f
    LEFT JOIN model AS m ON m.name = f.model
    LEFT JOIN asset AS a ON a.name = f.asset
    WHERE f.model <> ''
) AS wanted
WHERE finding.rowid = wanted.row_id AND finding.owner <> wanted.owner
