-- All controls with their latest verdict.
-- params: none
-- returns: id, title, pillar, severity (0 to 4), frameworks (JSON), verdict, message, passed, failed (rows), at (UTC)
SELECT id, title, pillar, severity, frameworks, verdict, message, passed, failed, "at"
FROM control
ORDER BY pillar, id
