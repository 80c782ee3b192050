-- Results that no key recognises.
-- params: none
-- returns: n
SELECT n
FROM fresh
ORDER BY n
