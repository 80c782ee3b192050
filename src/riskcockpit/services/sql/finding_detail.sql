-- What is known of one finding beyond its row in a list.
-- params: row_id BIGINT
-- returns: description … reopened_count of one finding, correlation, raw_hash; times are UTC
SELECT
    (SELECT told.description FROM text_description AS told WHERE told.id = description_id)
        AS description, help_url, severity_raw, severity_source, vulnerability_ids, fixed_version, cwes,
    cvss, epss, path, line, col, end_line, snippet, metric, segment, resource, detected_at,
    onset_at, fixed_at, reopened_count, correlation, raw_hash, scan_id, tool, rule, asset, severity,
    is_unconfirmed_absent, due_at, state, scope, branch, category
FROM finding
WHERE rowid = $row_id
