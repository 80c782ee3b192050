-- Under which names what a deployment to production brought may have been scanned: those of all its
-- records, and its images without tag and digest.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO deployment_subject (deployment_id, asset, rev)
WITH named AS (
    SELECT l.deployment_id, o.asset
    FROM deployment_link AS l
    JOIN deployment AS o ON o.id = l.other_id
    UNION
    SELECT l.deployment_id, regexp_replace(unnest(o.artifacts), '(@.*|:[^:/@]*)$', '') AS asset
    FROM deployment_link AS l
    JOIN deployment AS o ON o.id = l.other_id
)
SELECT DISTINCT deployment_id, regexp_replace(asset, ':[^:/@]*$', ''), $rev FROM named
