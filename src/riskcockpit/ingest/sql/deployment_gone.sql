-- Takes out what is known of deployments of which something newer came.
-- params: none
-- returns: nothing
DELETE FROM deployment WHERE id IN (SELECT id FROM newer_deployment)
