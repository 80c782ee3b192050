WITH scanned AS (
    SELECT count(DISTINCT asset) AS assets, max(scanned_at) AS newest
    FROM scan
    WHERE scanned_at <= $as_of AND outcome IN ('applied', 'repeated')
),
exposed AS (
    SELECT count(*) AS findings
    FROM finding
    WHERE
        state IN ('open', 'triage', 'pending_waiver') AND first_seen <= $as_of
        AND class = 'secret'
)
SELECT
    CASE WHEN s.assets > 0 THEN e.findings END :: DOUBLE AS value,
    s.assets AS sample,
    s.newest AS as_of
FROM scanned AS s, exposed AS e
