-- The history of a finding, oldest first.
-- params: id VARCHAR
-- returns: at (UTC), kind, detail
SELECT "at", kind, detail
FROM finding_event
WHERE finding_id = $id
ORDER BY "at", rowid
