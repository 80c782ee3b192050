-- How many waivers, and requests for one, counted or waited when they were written and ended since.
-- params: now TIMESTAMP
-- returns: waivers, requests
SELECT
    count(*) FILTER (WHERE state <> 'requested') AS waivers,
    count(*) FILTER (WHERE state = 'requested') AS requests
FROM waiver
WHERE state IN ('requested', 'granted', 'suspended') AND expires_at <= $now
