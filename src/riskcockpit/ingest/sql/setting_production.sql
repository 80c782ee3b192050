-- Settles which settings are of production, by the same words as deployments.
-- params: word VARCHAR, denied VARCHAR, rev BIGINT
-- returns: nothing
UPDATE setting
SET is_production = wanted.is_production, rev = $rev
FROM (
    SELECT
        s.source_id, s.kind, s.asset, s.name,
        s.environment = '' OR (
            regexp_matches(lower(s.environment), $word)
            AND NOT regexp_matches(lower(s.environment), $denied)
        ) OR regexp_matches(lower(coalesce(a.environment, '')), $word) AS is_production
    FROM setting AS s
    LEFT JOIN asset AS a ON a.name = s.asset
) AS wanted
WHERE setting.source_id = wanted.source_id AND setting.kind = wanted.kind
    AND setting.asset = wanted.asset AND setting.name = wanted.name
    AND setting.is_production <> wanted.is_production
