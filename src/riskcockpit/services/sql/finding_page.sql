-- A run of findings of a key list, in its order.
-- params: start BIGINT, count BIGINT
-- returns: the columns of a finding in a list (services.rows); exposure in the settings' currency
SELECT
    f.id, f.title, f.severity, f.state, f.pillar, f.class, f.asset, f.owner, f.tool, f.rule, f.path,
    f.line, f.package_name, f.package_version, f.vulnerability, f.first_seen, f.last_seen, f.due_at,
    f.waived_until, f.exposure, f.is_kev, f.is_unconfirmed_absent,
    f.resource
FROM scratch.main.key_0 AS key
JOIN finding AS f ON f.rowid = key.row_id
WHERE key.rowid >= $start AND key.rowid < $start + $count
ORDER BY key.rowid
