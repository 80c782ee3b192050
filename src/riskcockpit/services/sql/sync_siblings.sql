-- Documents that ever came together with others into a scope: alone they prove nothing about what the
-- others hold.
-- params: scopes VARCHAR[]
-- returns: scope, document
SELECT DISTINCT own.scope, own.document
FROM scan AS own
INNER JOIN scan AS other
    ON own.scope = other.scope
        AND own.imported_at = other.imported_at
        AND own.document <> other.document
WHERE own.scope IN (SELECT unnest($scopes))
