-- How many live findings scopes have before scans are applied to them; those without any are left
-- out.
-- params: scopes VARCHAR[]
-- returns: scope, count
SELECT scope, count(*)
FROM finding
WHERE scope IN (SELECT unnest($scopes)) AND state <> 'fixed'
GROUP BY scope
