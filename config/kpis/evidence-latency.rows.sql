WITH evidence AS (
    SELECT
        hash, type, ts,
        try_cast(json_extract_string(data, '$.published_at') AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS published_at
    FROM ledger_entry
    WHERE type IN ('sync.completed', 'controls.evaluated') AND ts BETWEEN $since AND $as_of
)
SELECT
    hash AS item,
    greatest(date_diff('millisecond', published_at, ts), 0) / 1000.0 AS value,
    ts AS "at",
    type AS note
FROM evidence
WHERE published_at IS NOT NULL
ORDER BY value DESC, item, note
