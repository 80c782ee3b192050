-- Notes the results that no key recognises.
-- params: none
-- returns: nothing
INSERT INTO fresh
SELECT incoming.n, incoming.scan
FROM incoming
ANTI JOIN matched ON matched.n = incoming.n
