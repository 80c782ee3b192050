-- One version of a model with its lineage.
-- params: model VARCHAR, version INTEGER
-- returns: status, run_id, run_user, names, digests, validated_by, is_approved
SELECT
    status, run_id, run_user, list_transform(datasets, lambda one: one.name) AS names,
    list_transform(datasets, lambda one: one.digest) AS digests, validated_by, is_approved
FROM model_version
WHERE model = $model AND version = $version
