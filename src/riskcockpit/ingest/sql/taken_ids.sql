-- New results whose key is the id of another finding, which moved away and kept its id.
-- params: none
-- returns: n, key
SELECT incoming.n, incoming.key
FROM incoming
JOIN finding ON finding.id = incoming.key
WHERE NOT EXISTS (FROM matched WHERE matched.n = incoming.n)
ORDER BY incoming.n
