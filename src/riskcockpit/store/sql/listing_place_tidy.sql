-- Forgets texts that no finding has any more, once there are more texts than findings.
-- params: none
-- returns: count of texts
DELETE FROM text_place
WHERE (SELECT count(*) FROM text_place) > (SELECT count(*) FROM finding)
    AND id NOT IN (SELECT place_id FROM finding)
