-- The newest readings of each metric, segment and version of every model, for the rules of automation.
-- params: most INTEGER
-- returns: subject, metric, metric_class, value, "at" (UTC), unit, version, segment, threshold,
--   direction, window_seconds, sample_size
SELECT
    subject, metric, metric_class, value, "at", unit, version, segment, threshold, direction,
    window_seconds, sample_size
FROM reading
WHERE subject_kind = 'model'
QUALIFY row_number() OVER (
    PARTITION BY subject, metric, segment, version ORDER BY "at" DESC
) <= $most
ORDER BY subject, "at"
