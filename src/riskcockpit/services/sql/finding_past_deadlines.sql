-- Deadlines of a finding that are over: it came back since, or got another one after it missed them.
-- params: id VARCHAR
-- returns: due_at (UTC), severity, ended_at (UTC)
SELECT due_at, severity, ended_at
FROM past_deadline
WHERE finding_id = $id
ORDER BY ended_at, due_at
