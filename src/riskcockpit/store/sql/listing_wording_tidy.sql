-- Forgets texts that no finding has any more, once there are more texts than findings.
-- params: none
-- returns: count of texts
DELETE FROM text_wording
WHERE (SELECT count(*) FROM text_wording) > (SELECT count(*) FROM finding)
    AND id NOT IN (SELECT wording_id FROM finding)
