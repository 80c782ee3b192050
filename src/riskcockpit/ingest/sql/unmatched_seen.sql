-- Results that no key recognises.
-- params: none
-- returns: n
SELECT n
FROM incoming
WHERE NOT EXISTS (FROM matched WHERE matched.n = incoming.n)
ORDER BY n
