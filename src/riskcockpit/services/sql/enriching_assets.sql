-- Fills in what service catalogues say of assets, where the settings and the sources of the asset are
-- silent, and takes back what they said before. An entry is for the asset of its name, else of an
-- alias; of several the newest counts. An asset that the settings describe keeps its tier.
-- params: rev BIGINT
-- returns: count of changed assets
UPDATE asset
SET owner = w.owner, domain = w.domain, environment = w.environment, tier = w.tier,
    catalogue_owner = w.catalogue_owner, catalogue_domain = w.catalogue_domain,
    catalogue_environment = w.catalogue_environment, catalogue_tier = w.catalogue_tier,
    tier_before = w.tier_before, rev = $rev
FROM (
    WITH said AS (
        SELECT
            a.name, d.name IS NOT NULL AS is_described,
            CASE
                WHEN a.owner = coalesce(a.catalogue_owner, '')
                    THEN coalesce(d.owner, '') ELSE a.owner
            END AS owner,
            CASE
                WHEN a.domain = coalesce(a.catalogue_domain, '')
                    THEN coalesce(d.domain, '') ELSE a.domain
            END AS domain,
            CASE
                WHEN a.environment = coalesce(a.catalogue_environment, '')
                    THEN coalesce(d.environment, '') ELSE a.environment
            END AS environment,
            CASE
                WHEN a.tier = a.catalogue_tier THEN coalesce(a.tier_before, a.tier) ELSE a.tier
            END AS tier
        FROM asset AS a
        LEFT JOIN described_asset AS d ON d.name = a.name
    ),
    entry AS (
        SELECT c.*, e.dated, unnest(c.names) AS known_as
        FROM catalogue_entry AS c
        JOIN enrichment AS e ON e.kind = 'backstage' AND e.subject = c.subject
    ),
    best AS (
        SELECT s.name AS asset, entry.*
        FROM said AS s
        JOIN entry ON entry.known_as = lower(s.name)
        QUALIFY row_number() OVER (
            PARTITION BY s.name
            ORDER BY lower(entry.name) = lower(s.name) DESC, entry.dated DESC, entry.subject,
                entry.name, entry.owner
        ) = 1
    )
    SELECT
        s.name,
        CASE WHEN s.owner = '' THEN coalesce(b.owner, '') ELSE '' END AS catalogue_owner,
        CASE WHEN s.domain = '' THEN coalesce(b.domain, '') ELSE '' END AS catalogue_domain,
        CASE
            WHEN s.environment = '' THEN coalesce(b.environment, '') ELSE ''
        END AS catalogue_environment,
        CASE WHEN NOT s.is_described THEN b.tier END AS catalogue_tier,
        CASE WHEN s.owner = '' THEN catalogue_owner ELSE s.owner END AS owner,
        CASE WHEN s.domain = '' THEN catalogue_domain ELSE s.domain END AS domain,
        CASE
            WHEN s.environment = '' THEN catalogue_environment ELSE s.environment
        END AS environment,
        coalesce(catalogue_tier, s.tier) AS tier,
        CASE WHEN catalogue_tier IS NOT NULL THEN s.tier END AS tier_before
    FROM said AS s
    LEFT JOIN best AS b ON b.asset = s.name
) AS w
WHERE asset.name = w.name
    AND (asset.owner <> w.owner OR asset.domain <> w.domain OR asset.environment <> w.environment
        OR asset.tier <> w.tier OR asset.catalogue_owner IS DISTINCT FROM w.catalogue_owner
        OR asset.catalogue_domain IS DISTINCT FROM w.catalogue_domain
        OR asset.catalogue_environment IS DISTINCT FROM w.catalogue_environment
        OR asset.catalogue_tier IS DISTINCT FROM w.catalogue_tier
        OR asset.tier_before IS DISTINCT FROM w.tier_before)
