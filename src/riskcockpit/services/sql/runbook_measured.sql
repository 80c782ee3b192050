-- What the alarms of an incident measure of its model.
-- params: ids VARCHAR[], subject VARCHAR
-- returns: metric, segment, is_open (the alarm goes on)
SELECT metric, segment, bool_or(state IN ('open', 'triage', 'pending_waiver')) AS is_open
FROM finding
WHERE list_contains($ids, id) AND class = 'model' AND model = $subject AND metric <> ''
GROUP BY metric, segment
ORDER BY metric, segment
