-- Findings of our own monitors.
-- params: monitors VARCHAR[]
-- returns: the columns of finding, with its description; without numbers of texts that hold for one
--   generation
SELECT
    finding.* EXCLUDE (description_id) REPLACE (NULL AS wording_id, NULL AS place_id),
    told.description
FROM finding
JOIN text_description AS told ON told.id = finding.description_id
WHERE tool IN (SELECT unnest($monitors))
