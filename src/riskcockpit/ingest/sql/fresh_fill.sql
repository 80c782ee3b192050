-- Notes the results that nothing was recognised as.
-- params: none
-- returns: nothing
INSERT INTO fresh
SELECT incoming.n
FROM incoming
ANTI JOIN matched ON matched.n = incoming.n
