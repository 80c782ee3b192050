-- Findings by their rows, in the order in which those are given: a text, since a list costs more to
-- bind than to look up.
-- params: rows VARCHAR
-- returns: the columns of a finding in a list (services.rows); exposure in the settings' currency
SELECT
    f.id, f.title, f.severity, f.state, f.pillar, f.class, f.asset, f.owner, f.tool, f.rule, f.path,
    f.line, f.package_name, f.package_version, f.vulnerability, f.first_seen, f.last_seen, f.due_at,
    f.waived_until, f.exposure, f.is_kev, f.is_unconfirmed_absent,
    f.resource
FROM (
    SELECT unnest(row_ids) AS row_id, generate_subscripts(row_ids, 1) AS place
    FROM (SELECT CAST(string_split($rows, ',') AS BIGINT[]) AS row_ids)
) AS key
JOIN finding AS f ON f.rowid = key.row_id
ORDER BY key.place
