-- Gives findings their owner: the first of their path, else the one the settings name for the asset,
-- else that of the service catalogue. Findings about models are left to `enriching_model_owners`.
-- params: has_catalogue BOOLEAN, rev BIGINT
-- returns: count of changed findings
UPDATE finding
SET owner = wanted.owner, rev = $rev
FROM (
    WITH fresh AS MATERIALIZED (
        SELECT
            f.rowid AS row_id, f.asset, f.path, f.settings_owner, a.catalogue_owner,
            c.asset IS NOT NULL OR ($has_catalogue AND a.rev = $rev) AS is_changed
        FROM finding AS f
        LEFT JOIN asset AS a ON a.name = f.asset
        LEFT JOIN changed_subject AS c ON c.asset = f.asset
        WHERE f.model = '' AND (f.rev = $rev OR is_changed)
    )
    SELECT
        f.row_id,
        coalesce(p.owners[1], nullif(f.settings_owner, ''), f.catalogue_owner, '') AS owner
    FROM fresh AS f
    LEFT JOIN path_owner AS p ON p.asset = f.asset AND p.path = f.path
    WHERE f.is_changed OR p.asset IS NOT NULL OR ($has_catalogue AND f.catalogue_owner <> '')
) AS wanted
WHERE finding.rowid = wanted.row_id AND finding.owner <> wanted.owner
