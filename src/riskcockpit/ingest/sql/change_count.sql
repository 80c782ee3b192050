-- What a scan changes, each result in one of the first four counts.
-- params: none
-- returns: reopened, moved, updated, unchanged, is_any_new_place
SELECT
    count(*) FILTER (is_reopened),
    count(*) FILTER (NOT is_reopened AND is_moved),
    count(*) FILTER (
        NOT is_reopened AND NOT is_moved AND (is_updated OR old_state <> new_state)
    ),
    count(*) FILTER (
        NOT is_reopened AND NOT is_moved AND NOT is_updated AND old_state = new_state
    ),
    coalesce(bool_or(is_reopened OR is_moved OR is_updated), false)
FROM change
