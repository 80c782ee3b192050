-- How many waivers, and requests for one, counted or waited when they were written and ended since; and how many counted by one key alone and were not reviewed in time.
-- params: now TIMESTAMP
-- returns: waivers, requests, unreviewed
SELECT
    count(*) FILTER (WHERE w.state <> 'requested' AND w.expires_at <= $now) AS waivers,
    count(*) FILTER (WHERE w.state = 'requested' AND w.expires_at <= $now) AS requests,
    count(*) FILTER (
        WHERE w.state = 'granted' AND w.expires_at > $now AND g.reviewed_at IS NULL
            AND g.ended_at IS NULL AND g.review_by < $now
    ) AS unreviewed
FROM waiver AS w
LEFT JOIN glass_broken AS g ON g.id = w.id
WHERE w.state IN ('requested', 'granted', 'suspended')
