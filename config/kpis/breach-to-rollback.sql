SELECT
    quantile_cont(
        date_diff('second', coalesce(onset_at, detected_at), coalesce(contained_at, $as_of)) / 60.0, 0.95
    ) :: DOUBLE AS value,
    count(*) AS sample,
    (SELECT max("at") FROM reading WHERE subject_kind = 'model' AND "at" <= $as_of) AS as_of
FROM finding
WHERE
    class = 'model' AND severity >= 3 AND detected_at BETWEEN $since AND $as_of
    AND severity_raw IN ('accuracy', 'bias')
    AND (contained_at <= $as_of OR state IN ('open', 'triage', 'pending_waiver'))
