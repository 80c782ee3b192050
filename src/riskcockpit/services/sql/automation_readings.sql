-- The newest readings of each metric, segment and version of every model, for the rules of automation.
-- Of versions that nobody judges, those of one moment.
-- params: most INTEGER, trials VARCHAR[]
-- returns: subject, metric, metric_class, value, "at" (UTC), unit, version, segment, threshold,
--   direction, window_seconds, sample_size
SELECT
    r.subject, r.metric, r.metric_class, r.value, r."at", r.unit, r.version, r.segment, r.threshold,
    r.direction, r.window_seconds, r.sample_size
FROM reading AS r
LEFT JOIN model_alias AS c ON c.model = r.subject AND c.alias = 'champion'
WHERE r.subject_kind = 'model'
QUALIFY row_number() OVER (
    PARTITION BY r.subject, r.metric, r.segment, r.version
    ORDER BY r."at" DESC, r.is_breach DESC, r.value, r.source_id
) <= $most
AND (
    r.version IS NULL
    OR r.version = c.version
    OR list_contains($trials, r.subject || '@' || r.version)
    OR rank() OVER (PARTITION BY r.subject, r.metric, r.segment, r.version ORDER BY r."at" DESC) = 1
)
ORDER BY r.subject, r."at", r.metric, r.segment, r.version, r.value
