-- Findings by severity between two moments. Fixed ones that came back count as open all the while.
-- params: since TIMESTAMP, until TIMESTAMP
-- returns: severity, opening, new, fixed, closing, waived (of the closing ones)
WITH dated AS (
    SELECT
        severity,
        state,
        detected_at AS opened,
        CASE WHEN state = 'fixed' THEN greatest(coalesce(fixed_at, seen_at), detected_at) END AS closed
    FROM finding
    WHERE state <> 'suppressed_at_source' AND detected_at <= $until
)
SELECT
    severity,
    count(*) FILTER (WHERE opened <= $since AND (closed IS NULL OR closed > $since)) AS opening,
    count(*) FILTER (WHERE opened > $since) AS new,
    count(*) FILTER (WHERE closed > $since AND closed <= $until) AS fixed,
    count(*) FILTER (WHERE closed IS NULL OR closed > $until) AS closing,
    count(*) FILTER (WHERE state IN ('waived', 'false_positive')) AS waived
FROM dated
GROUP BY severity
ORDER BY severity DESC
