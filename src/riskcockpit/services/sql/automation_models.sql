-- Registered models and where their champion is, for the rules of automation.
-- params: none
-- returns: name, tier, tags, champion (NULL without one), since (UTC; NULL without one)
SELECT m.name, m.tier, m.tags, a.version AS champion, a.since
FROM model AS m
LEFT JOIN model_alias AS a ON a.model = m.name AND a.alias = 'champion'
ORDER BY m.tier, m.name
