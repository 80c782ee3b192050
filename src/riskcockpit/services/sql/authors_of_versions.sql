-- Who trained the given versions of a model.
-- params: model VARCHAR, versions INTEGER[]
-- returns: name of a person or a pipeline as the registry has it, each once
SELECT DISTINCT run_user
FROM model_version
WHERE model = $model AND run_user <> '' AND version IN (SELECT unnest($versions))
ORDER BY run_user
