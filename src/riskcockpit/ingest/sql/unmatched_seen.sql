-- Results that no key recognises.
-- params: none
-- returns: scan, n
SELECT incoming.scan, fresh.n
FROM fresh
JOIN incoming ON incoming.n = fresh.n
ORDER BY fresh.n
