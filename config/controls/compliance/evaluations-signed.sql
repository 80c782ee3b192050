-- One row per chain that signs syncs: those of the last days without a signed evaluation.
WITH synced AS (
    SELECT hash, chain, ts, json_extract_string(data, '$.generation') AS generation
    FROM ledger_entry
    WHERE
        type = 'sync.completed' AND ts <= $as_of
        AND ts >= $as_of - to_days(CAST($days AS INTEGER))
),
evaluated AS (
    SELECT chain, ts, json_extract_string(data, '$.generation') AS generation
    FROM ledger_entry
    WHERE type = 'controls.evaluated'
),
followed AS (
    SELECT s.hash, s.chain, count(e.chain) AS evaluations
    FROM synced AS s
    LEFT JOIN evaluated AS e
        ON e.chain = s.chain AND e.generation = s.generation
        AND e.ts >= s.ts AND date_diff('minute', s.ts, e.ts) <= $minutes
    GROUP BY s.hash, s.chain
)
SELECT
    chain AS resource,
    CASE WHEN count(*) FILTER (WHERE evaluations = 0) > 0 THEN 'alarm' ELSE 'ok' END AS status,
    format('{} of {} syncs in {} days have a signed evaluation', count(*) FILTER (WHERE evaluations > 0), count(*), $days) AS reason
FROM followed
GROUP BY chain
ORDER BY chain
