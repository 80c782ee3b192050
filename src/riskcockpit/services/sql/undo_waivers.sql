-- Waivers in force or asked for that cover some of the given findings.
-- params: ids VARCHAR[]
-- returns: id, state, count
SELECT waiver.id, waiver.state, count(*)
FROM waiver_finding AS w
JOIN waiver ON waiver.id = w.waiver_id
WHERE w.finding_id IN (SELECT unnest($ids)) AND waiver.state IN ('granted', 'requested')
GROUP BY ALL
ORDER BY waiver.id
