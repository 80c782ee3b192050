-- Who trained the champions that the given findings are about.
-- params: ids VARCHAR[]
-- returns: name of a person or a pipeline as the registry has it, each once
SELECT DISTINCT v.run_user
FROM finding AS f
INNER JOIN model_alias AS a ON a.model = f.model AND a.alias = 'champion'
INNER JOIN model_version AS v ON v.model = a.model AND v.version = a.version
WHERE f.model <> '' AND v.run_user <> '' AND f.id IN (SELECT unnest($ids))
ORDER BY v.run_user
