-- One row per data set of the tier.
SELECT
    name AS resource,
    CASE WHEN owner <> '' AND domain <> '' THEN 'ok' ELSE 'alarm' END AS status,
    CASE
        WHEN owner = '' THEN 'nobody owns it'
        WHEN domain = '' THEN 'it belongs to no domain'
        ELSE format('owned by {} in {}', owner, domain)
    END AS reason,
    owner,
    domain,
    tier
FROM asset
WHERE kind = 'dataset' AND tier <= $tier
ORDER BY name
