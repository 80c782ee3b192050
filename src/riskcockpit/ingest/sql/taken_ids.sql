-- New results whose key is the id of another finding, which moved away and kept its id.
-- params: none
-- returns: n, key
SELECT incoming.n, incoming.key
FROM incoming
SEMI JOIN fresh ON fresh.n = incoming.n
SEMI JOIN finding ON finding.id = incoming.key
ORDER BY incoming.n
