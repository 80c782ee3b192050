-- How many absent findings scans could close, and how many not because their rule did not run.
-- params: none
-- returns: scan, closable, not_run
SELECT
    scan, count(*) FILTER (is_rule_enabled AND result = 'fixed'),
    count(*) FILTER (NOT is_rule_enabled)
FROM absent
GROUP BY scan
