SELECT
    subject || ' ' || strftime(date_trunc('day', "at"), '%Y-%m-%d') AS item,
    (count(*) FILTER (WHERE NOT is_breach) * 100.0 / count(*)) :: DOUBLE AS value,
    max("at") AS "at",
    format('{} of {} readings beyond their threshold', count(*) FILTER (WHERE is_breach), count(*)) AS note
FROM reading
WHERE
    subject_kind = 'model' AND metric_class IN ('accuracy', 'bias', 'drift')
    AND threshold IS NOT NULL AND "at" BETWEEN $since AND $as_of
GROUP BY subject, date_trunc('day', "at")
ORDER BY value, item
