-- What scans change, each result in one of the counts, and whether any place may be another.
-- params: none
-- returns: scan, reopened, moved, updated, is_any_new_place
SELECT
    scan,
    count(*) FILTER (is_reopened),
    count(*) FILTER (NOT is_reopened AND is_moved),
    count(*) FILTER (NOT is_reopened AND NOT is_moved),
    coalesce(bool_or(is_reopened OR is_moved OR is_updated), false)
FROM change
GROUP BY scan
