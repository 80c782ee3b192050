-- Forgets descriptions that no finding has any more, once there are more of them than findings.
-- params: none
-- returns: count of texts
DELETE FROM text_description
WHERE (SELECT count(*) FROM text_description) > (SELECT count(*) FROM finding)
    AND id NOT IN (SELECT description_id FROM finding)
