-- Where each source is to be read from next, and when it was read in full.
-- params: none
-- returns: name, cursor (opaque; empty means from the start), full_at
SELECT name, cursor, full_at
FROM source
ORDER BY name
