-- Breaches of model and data monitors that were open at any moment of a period.
-- params: since TIMESTAMP, until TIMESTAMP
-- returns: subject, title, severity, onset_at, detected_at, acknowledged_at, contained_at, fixed_at (UTC)
SELECT
    coalesce(nullif(model, ''), asset) AS subject,
    title, severity, onset_at, detected_at, acknowledged_at, contained_at,
    CASE WHEN state = 'fixed' THEN fixed_at END AS fixed_at
FROM finding
WHERE
    class IN ('model', 'data')
    AND state NOT IN ('false_positive', 'suppressed_at_source')
    AND detected_at <= $until
    AND (state <> 'fixed' OR fixed_at > $since)
ORDER BY severity DESC, detected_at, subject, title, id
