-- Where each source is to be read from next, and when it was read in full.
-- params: none
-- returns: name, cursor (opaque; empty means from the start), full_at, rows and pages of the last
-- pass when that was in full, else 0
SELECT name, cursor, full_at,
    CASE WHEN full_at = last_attempt THEN "rows" ELSE 0 END AS whole_rows,
    CASE WHEN full_at = last_attempt THEN pages ELSE 0 END AS whole_pages
FROM source
ORDER BY name
