-- Takes out the gaps that are there no more, of deployments that were traced now.
-- params: none
-- returns: nothing
DELETE FROM deployment_gap
WHERE deployment_id IN (SELECT deployment_id FROM deployment_link)
    AND NOT EXISTS (
        FROM found_gap AS f
        WHERE f.deployment_id = deployment_gap.deployment_id AND f.link = deployment_gap.link
            AND f.reason = deployment_gap.reason AND f.mend = deployment_gap.mend
    )
    OR deployment_id NOT IN (SELECT id FROM deployment)
