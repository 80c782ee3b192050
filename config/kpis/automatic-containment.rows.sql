SELECT
    id AS item,
    CASE WHEN contained_by = 'automation' THEN 100.0 ELSE 0.0 END :: DOUBLE AS value,
    contained_at AS "at",
    contained_by || ': ' || title AS note
FROM incident
WHERE contained_by <> '' AND contained_at BETWEEN $since AND $as_of
ORDER BY contained_at DESC, item, note
