-- Results that no key recognises.
-- params: none
-- returns: scan, n
SELECT incoming.scan, incoming.n
FROM incoming
ANTI JOIN matched ON matched.n = incoming.n
ORDER BY incoming.n
