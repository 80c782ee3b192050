-- Findings of our own monitors.
-- params: monitors VARCHAR[]
-- returns: the columns of finding; without numbers of texts, which hold for one generation
SELECT * REPLACE (NULL AS wording_id, NULL AS place_id)
FROM finding
WHERE tool IN (SELECT unnest($monitors))
