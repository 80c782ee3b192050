-- Who started the deployments to a place that wait for an answer.
-- params: source VARCHAR, target VARCHAR
-- returns: name of a person or a program as upstream has it, each once
SELECT DISTINCT actor
FROM deployment
WHERE source_id = $source AND asset || '@' || environment = $target
    AND status = 'waiting' AND actor <> ''
ORDER BY actor
