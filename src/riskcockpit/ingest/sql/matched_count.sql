-- How many results of each scan were recognised, and whether what they say must be compared, or where
-- they are.
-- params: none
-- returns: scan, count, is_any_doubtful, is_any_elsewhere
SELECT
    scan, count(*), bool_or(is_doubtful), bool_or(is_elsewhere AND NOT is_doubtful)
FROM matched
GROUP BY scan
