-- Titles of the alarms of an incident that go on.
-- params: ids VARCHAR[]
-- returns: title
SELECT title FROM finding
WHERE list_contains($ids, id) AND state IN ('open', 'triage', 'pending_waiver')
ORDER BY severity DESC, title
