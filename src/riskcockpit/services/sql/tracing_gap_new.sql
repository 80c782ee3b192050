-- Writes down the gaps that are new; those that stand are left as they are.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO deployment_gap (deployment_id, link, reason, mend, rev)
SELECT f.deployment_id, f.link, f.reason, f.mend, $rev
FROM found_gap AS f
WHERE NOT EXISTS (
    FROM deployment_gap AS g
    WHERE g.deployment_id = f.deployment_id AND g.link = f.link AND g.reason = f.reason
        AND g.mend = f.mend
)
