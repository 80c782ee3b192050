-- The same fault as other tools see it.
-- params: id VARCHAR, correlation VARCHAR
-- returns: the columns of a finding in a list (services.rows); exposure in the settings' currency
SELECT
    id, title, severity, state, pillar, class, asset, owner, tool, rule, path,
    line, package_name, package_version, vulnerability, first_seen, last_seen, due_at,
    waived_until, exposure, is_kev, is_unconfirmed_absent, resource
FROM finding
WHERE correlation = $correlation AND correlation <> '' AND id <> $id
ORDER BY tool, id
LIMIT 100
