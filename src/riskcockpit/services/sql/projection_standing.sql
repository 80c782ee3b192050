-- Whether the ledger has said anything of findings until now.
-- params: none
-- returns: is_any
SELECT count(*) > 0 AS is_any
FROM finding
WHERE waiver_id <> '' OR waived_until IS NOT NULL OR acknowledged_at IS NOT NULL
    OR contained_at IS NOT NULL OR state IN ('waived', 'false_positive', 'pending_waiver')
