-- Whether any closure is held, or was.
-- params: none
-- returns: one row (1), or none
SELECT 1
FROM held_closure
LIMIT 1
