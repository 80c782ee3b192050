-- Takes out what was derived before.
-- params: none
-- returns: nothing
DELETE FROM deployment_subject
