-- Where the records behind some findings are kept, which may name who wrote the code.
-- params: ids VARCHAR[]
-- returns: raw_hash, each once
SELECT DISTINCT raw_hash
FROM finding
WHERE raw_hash <> '' AND id IN (SELECT unnest($ids))
ORDER BY raw_hash
