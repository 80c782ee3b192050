-- Three versions of each model; one in fifty was never approved.
-- params: as_of TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO model_version BY NAME
SELECT
    m.name AS model, CAST(v.range AS INTEGER) AS version, 'READY' AS status,
    CAST($as_of AS TIMESTAMP) - to_days(CAST(400 - 100 * v.range AS INTEGER)) AS created_at,
    md5(m.name || v.range) AS run_id, 'trainer' AS run_user, 'Trained again' AS description,
    hash(m.name) % 50 > 0 AS is_approved, false AS is_rolled_back, 'validator' AS validated_by,
    MAP {'code_sha': md5(m.name)} AS tags, MAP {'auc': 0.9} AS metrics, MAP {'depth': '6'} AS params,
    [{'name': 'data-' || (hash(m.name) % 60), 'digest': md5(m.name), 'context': 'training', 'source': 'lake'}] AS datasets,
    ['model', 'shap.json'] AS artifacts,
    'bench' AS source_id, CAST($as_of AS TIMESTAMP) AS seen_at, CAST($rev AS BIGINT) AS rev
FROM model AS m, range(1, 4) AS v
