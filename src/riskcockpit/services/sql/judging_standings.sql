-- What the controls came to when they ran last, of those that say what that rests on.
-- params: none
-- returns: control_id, verdict, message, passed, failed, at (UTC), digest, inputs
SELECT id AS control_id, verdict, message, passed, failed, "at", digest, inputs
FROM control
WHERE digest IS NOT NULL AND inputs IS NOT NULL
