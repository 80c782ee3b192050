WITH evidence AS (
    SELECT
        ts,
        try_cast(json_extract_string(data, '$.published_at') AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS published_at
    FROM ledger_entry
    WHERE type IN ('sync.completed', 'controls.evaluated') AND ts BETWEEN $since AND $as_of
)
SELECT
    quantile_cont(greatest(date_diff('millisecond', published_at, ts), 0) / 1000.0, 0.95) :: DOUBLE AS value,
    count(*) AS sample,
    max(ts) AS as_of
FROM evidence
WHERE published_at IS NOT NULL
