-- How many absent findings could be closed, and how many could not because their rule did not run.
-- params: none
-- returns: closable, not_run
SELECT count(*) FILTER (is_rule_enabled AND result = 'fixed'), count(*) FILTER (NOT is_rule_enabled)
FROM absent
