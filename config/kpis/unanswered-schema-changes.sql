WITH checked AS (
    SELECT count(DISTINCT asset) AS datasets, max(scanned_at) AS newest
    FROM scan
    WHERE
        scanned_at BETWEEN $since AND $as_of AND outcome IN ('applied', 'repeated')
        AND regexp_matches(lower(tool), 'dbt|great expectations|soda|deequ')
),
unanswered AS (
    SELECT count(*) AS changes
    FROM finding
    WHERE
        class = 'data' AND state IN ('open', 'triage', 'pending_waiver') AND acknowledged_at IS NULL
        AND regexp_matches(lower(metric || ' ' || rule), 'schema|column|data_?type')
        AND date_diff('hour', greatest(first_seen, reopened_at), $as_of) > 24
)
SELECT
    CASE WHEN c.datasets > 0 THEN u.changes END :: DOUBLE AS value,
    c.datasets AS sample,
    c.newest AS as_of
FROM checked AS c, unanswered AS u
