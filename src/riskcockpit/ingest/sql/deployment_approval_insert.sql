-- Writes down the answers to the deployments that are news.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO deployment_approval BY NAME
SELECT DISTINCT
    i.id AS deployment_id, i.upstream_id, i.actor, i.answer, i.answered_at AS "at", $rev AS rev
FROM incoming_approval AS i
JOIN newer_deployment AS n ON n.id = i.id AND n.content = i.content
