-- Who broke the glasses whose missed review the given findings are about.
-- params: ids VARCHAR[]
-- returns: principal, each once
SELECT DISTINCT g.actor
FROM finding AS f
INNER JOIN glass_broken AS g ON g.id = f.resource
WHERE f.tool = 'riskcockpit.ledger' AND f.id IN (SELECT unnest($ids))
ORDER BY g.actor
