-- Takes out the answers to deployments of which something newer came.
-- params: none
-- returns: nothing
DELETE FROM deployment_approval WHERE deployment_id IN (SELECT id FROM newer_deployment)
