-- How many waivers, and requests for one, counted or waited when they were written and ended since; how
-- many counted by one key alone and were not reviewed in time; and of how many broken glasses the review
-- was missed without a finding that says so.
-- params: now TIMESTAMP
-- returns: waivers, requests, unreviewed, missed
SELECT
    count(*) FILTER (WHERE w.state <> 'requested' AND w.expires_at <= $now) AS waivers,
    count(*) FILTER (WHERE w.state = 'requested' AND w.expires_at <= $now) AS requests,
    count(*) FILTER (
        WHERE w.state = 'granted' AND w.expires_at > $now AND g.reviewed_at IS NULL
            AND g.ended_at IS NULL AND g.review_by < $now
    ) AS unreviewed,
    (
        SELECT count(*)
        FROM glass_broken AS b
        WHERE b.reviewed_at IS NULL AND b.ended_at IS NULL AND b.review_by < $now
            AND NOT EXISTS (FROM finding AS f WHERE f.tool = 'riskcockpit.ledger' AND f.resource = b.id)
    ) AS missed
FROM waiver AS w
LEFT JOIN glass_broken AS g ON g.id = w.id
WHERE w.state IN ('requested', 'granted', 'suspended')
