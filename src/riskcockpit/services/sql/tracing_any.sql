-- Whether there are deployments at all; without any, nothing belongs together.
-- params: none
-- returns: one row when there are
SELECT true AS is_any FROM deployment LIMIT 1
