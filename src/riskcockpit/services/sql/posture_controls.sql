-- The controls with their latest verdict, the worst first.
-- params: none
-- returns: title, pillar, severity (0 to 4), verdict
SELECT title, pillar, severity, verdict
FROM control
ORDER BY severity DESC, failed DESC, id
