-- The compressed group that holds a raw record.
-- params: hash VARCHAR
-- returns: content
SELECT content
FROM raw_record
WHERE hash = $hash
