-- Settles which deployments went to production: as upstream says, else by the name of the place or
-- what the settings say of the asset. `word` and `denied` are regular expressions over lower case.
-- params: word VARCHAR, denied VARCHAR, rev BIGINT
-- returns: nothing
UPDATE deployment
SET is_production = wanted.is_production, rev = $rev
FROM (
    SELECT
        d.id,
        coalesce(
            d.is_production_told,
            (regexp_matches(lower(d.environment), $word)
                AND NOT regexp_matches(lower(d.environment), $denied))
            OR regexp_matches(lower(coalesce(a.environment, '')), $word)
        ) AS is_production
    FROM deployment AS d
    LEFT JOIN asset AS a ON a.name = d.asset
) AS wanted
WHERE deployment.id = wanted.id AND deployment.is_production <> wanted.is_production
