-- Makes `count` findings, the same ones every time, spread over assets, tools, ages and money. Three
-- in a hundred come from monitors of 120 models and 60 data sets: scanners find faults by the
-- thousand, a monitor raises a few alarms for each of the models and data sets a bank has.
-- params: count BIGINT, as_of TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding BY NAME
WITH numbered AS (
    SELECT range AS n, CAST(hash(range) >> 2 AS BIGINT) AS h,
        CAST(hash(range + 7) >> 2 AS BIGINT) AS g
    FROM range($count)
),
shaped AS (
    SELECT
        n, h, g,
        CASE WHEN h % 100 < 3 THEN 4 WHEN h % 100 < 15 THEN 3 WHEN h % 100 < 50 THEN 2
             WHEN h % 100 < 85 THEN 1 ELSE 0 END AS level,
        CASE WHEN h % 89 < 53 THEN 'open' WHEN h % 89 < 58 THEN 'triage'
             WHEN h % 89 < 64 THEN 'waived' WHEN h % 89 < 67 THEN 'false_positive'
             ELSE 'fixed' END AS standing,
        CAST($as_of AS TIMESTAMP) - to_minutes(CAST(h % 400000 AS INTEGER)) AS born
    FROM numbered
)
SELECT
    md5(CAST(n AS VARCHAR)) AS id,
    CASE WHEN g % 100 < 2 THEN 'model' WHEN g % 100 < 3 THEN 'data'
         ELSE ['code', 'dependency', 'cloud', 'secret', 'dast'][1 + h % 5] END AS class,
    CASE WHEN g % 100 < 2 THEN 'model-' || (h % 120) WHEN g % 100 < 3 THEN 'data-' || (h % 60)
         ELSE 'asset-' || (h % 400) END AS asset,
    ['semgrep', 'trivy', 'grype', 'checkov', 'gitleaks', 'zap'][1 + g % 6] AS tool,
    'rule-' || (g % 1200) AS rule,
    '' AS category, 'main' AS branch, md5('scope' || (h % 400)) AS scope,
    'Untrusted input reaches query ' || (g % 1200) || ' in module ' || (h % 977) AS title,
    CAST((h % 977) * 100000 + g % 100000 AS UBIGINT) AS description_id,
    '' AS help_url, CAST(level AS TINYINT) AS severity, '' AS severity_raw, 'rule' AS severity_source,
    standing AS state, g % 211 = 0 AS is_unconfirmed_absent,
    ['data_integrity', 'model_validation', 'infrastructure_hardening', 'compliance_automation',
     'incident_response'][1 + g % 5] AS pillar,
    'team-' || (h % 37) AS owner,
    'src/module_' || (h % 977) || '/file_' || (g % 4001) || '.py' AS path,
    CAST(1 + g % 2000 AS INTEGER) AS line, CAST(NULL AS INTEGER) AS col,
    CAST(NULL AS INTEGER) AS end_line, '' AS snippet, 1 AS location_count,
    'pypi' AS package_type, 'package-' || (g % 3001) AS package_name, '1.' || (h % 90) AS package_version,
    '' AS fixed_version, '' AS package_layer,
    'CVE-20' || (10 + h % 16) || '-' || (1000 + g % 50000) AS vulnerability,
    ['CVE-20' || (10 + h % 16) || '-' || (1000 + g % 50000)] AS vulnerability_ids,
    [CAST(g % 1000 AS INTEGER)] AS cwes,
    CASE WHEN h % 3 = 0 THEN NULL ELSE (g % 101) / 10.0 END AS cvss,
    CASE WHEN h % 3 = 0 THEN NULL ELSE (g % 10007) / 10007.0 END AS epss,
    h % 997 = 0 AS is_kev,
    CASE WHEN g % 100 < 2 THEN 'model-' || (h % 120) WHEN g % 100 < 3 THEN 'data-' || (h % 60)
         ELSE '' END AS model, '' AS monitor, '' AS metric, '' AS segment, '' AS resource,
    born AS first_seen, CAST($as_of AS TIMESTAMP) AS last_seen,
    CASE WHEN standing = 'fixed' THEN CAST($as_of AS TIMESTAMP) END AS fixed_at,
    born AS detected_at, 0 AS reopened_count,
    CASE WHEN level > 0 THEN born + to_days([120, 90, 30, 7][level]) END AS due_at,
    due_at AS sla_due_at, epss AS tool_epss, is_kev AS tool_is_kev, owner AS settings_owner,
    false AS is_ransomware, '' AS waiver_id, CAST(h % 5000000 AS DECIMAL(18, 2)) / 100 AS exposure,
    '' AS correlation, md5('raw' || n) AS raw_hash, md5('scan' || (h % 400)) AS scan_id,
    'bench' AS source_id, CAST($as_of AS TIMESTAMP) AS seen_at, CAST($rev AS BIGINT) AS rev
FROM shaped
