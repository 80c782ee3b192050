-- The newest reading of each metric and segment of each version of a model.
-- params: model VARCHAR
-- returns: subject, metric, metric_class, value, "at" (UTC), unit, version, segment, threshold, direction
SELECT subject, metric, metric_class, value, "at", unit, version, segment, threshold, direction
FROM reading
WHERE subject_kind = 'model' AND subject = $model
QUALIFY row_number() OVER (
    PARTITION BY metric, segment, version ORDER BY "at" DESC, is_breach DESC, value, source_id
) = 1
ORDER BY metric, segment, version
