-- The record of a finding as its tool wrote it, redacted.
-- params: hash VARCHAR
-- returns: content (zlib of JSON)
SELECT content
FROM raw_record
WHERE hash = $hash
