-- Appends readings that are not known yet.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO reading (
    subject_kind, subject, metric, metric_class, segment, version, "at", value, unit, threshold,
    direction, is_breach, window_seconds, sample_size, source_id, seen_at, rev
)
SELECT
    subject_kind, subject, metric, metric_class, segment, version, measured_at, value, unit,
    threshold, direction, is_breach, window_seconds, sample_size, $source_id, $now, $rev
FROM incoming_reading
WHERE NOT EXISTS (
    FROM reading
    WHERE reading.subject_kind = incoming_reading.subject_kind
      AND reading.subject = incoming_reading.subject AND reading.metric = incoming_reading.metric
      AND reading.segment = incoming_reading.segment
      AND reading.version IS NOT DISTINCT FROM incoming_reading.version
      AND reading."at" = incoming_reading.measured_at AND reading.source_id = $source_id
)
QUALIFY row_number() OVER (
    PARTITION BY subject_kind, subject, metric, segment, version, measured_at ORDER BY n
) = 1
