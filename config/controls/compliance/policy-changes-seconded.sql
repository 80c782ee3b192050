-- One row per change of the rules; one for the ledger when there is none.
WITH approved AS (
    SELECT json_extract_string(data, '$.request') AS request, actor
    FROM ledger_entry
    WHERE type = 'approval.granted'
),
changed AS (
    SELECT
        e.hash, e.actor, e.ts,
        coalesce(json_extract_string(e.data, '$.before'), '') = '' AS is_first,
        count(*) FILTER (WHERE lower(a.actor) <> lower(e.actor)) AS others,
        min(a.actor) FILTER (WHERE lower(a.actor) <> lower(e.actor)) AS other
    FROM ledger_entry AS e
    LEFT JOIN approved AS a ON a.request = e.hash
    WHERE e.type = 'policy.changed'
    GROUP BY e.hash, e.actor, e.ts, e.data
)
SELECT
    hash AS resource,
    CASE
        WHEN others > 0 THEN 'ok'
        WHEN is_first THEN 'info'
        WHEN date_diff('hour', ts, $as_of) > $hours THEN 'alarm'
        ELSE 'info'
    END AS status,
    CASE
        WHEN others > 0 THEN format('changed by {}, approved by {}', actor, other)
        WHEN is_first THEN format('{} set the first rules: there was nobody to ask', actor)
        ELSE format('changed by {} {} h ago, and approved by nobody else', actor, date_diff('hour', ts, $as_of))
    END AS reason,
    actor
FROM changed
UNION ALL
SELECT 'ledger', 'info', format('{} entries, no change of the rules', count(*)), ''
FROM ledger_entry
WHERE NOT EXISTS (SELECT 1 FROM changed)
HAVING count(*) > 0
ORDER BY resource
