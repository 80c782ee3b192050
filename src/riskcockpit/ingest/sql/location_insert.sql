-- Stores the places of new and changed findings that have several.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_location (finding_id, ordinal, path, line, col, end_line, snippet, rev)
SELECT
    coalesce(matched.finding_id, assigned.id, incoming.key), place.ordinal, place.path, place.line,
    place.col, place.end_line, place.snippet, $rev
FROM place
JOIN incoming USING (n)
LEFT JOIN matched USING (n)
LEFT JOIN change USING (n)
LEFT JOIN assigned USING (n)
WHERE matched.n IS NULL OR change.is_updated OR change.is_moved OR change.is_reopened
