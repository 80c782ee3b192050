-- The rows at the positions from `start` to before `stop` of an ordered key list.
-- params: start BIGINT, stop BIGINT
-- returns: row_id
SELECT row_id
FROM scratch.main.key_0
WHERE rowid >= $start AND rowid < $stop
ORDER BY rowid
