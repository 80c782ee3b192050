-- The controls with their latest verdict, the worst first.
-- params: none
-- returns: id, title, pillar, severity (0 to 4), verdict, message, failed, passed (counts), at (UTC)
SELECT id, title, pillar, severity, verdict, message, failed, passed, "at"
FROM control
ORDER BY severity DESC, failed DESC, id
