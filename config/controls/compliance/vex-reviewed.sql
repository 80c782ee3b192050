-- One row per document whose statements silence findings.
SELECT
    document AS resource,
    CASE WHEN date_diff('day', min(said_at), $as_of) <= $days THEN 'ok' ELSE 'alarm' END AS status,
    format('{} statements, the oldest {} days old', count(*), date_diff('day', min(said_at), $as_of)) AS reason
FROM vex_statement
WHERE status IN ('not_affected', 'fixed')
GROUP BY document
ORDER BY document
