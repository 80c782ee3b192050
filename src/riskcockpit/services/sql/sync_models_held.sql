-- Which of some models another source that is still configured registers already.
-- params: source_id VARCHAR, names VARCHAR[], sources VARCHAR[]
-- returns: name, source_id
SELECT name, source_id
FROM model
WHERE name IN (SELECT unnest($names))
  AND source_id <> $source_id
  AND source_id IN (SELECT unnest($sources))
ORDER BY name
