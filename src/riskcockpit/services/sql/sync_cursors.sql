-- Where each source is to be read from next.
-- params: none
-- returns: name, cursor (opaque; empty means from the start)
SELECT name, cursor
FROM source
ORDER BY name
