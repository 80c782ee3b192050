SELECT
    a.name AS item,
    date_diff('second', coalesce(max(r."at"), $since), $as_of) / 3600.0 AS value,
    max(r."at") AS "at",
    CASE
        WHEN max(r."at") IS NULL THEN 'no reading in the window'
        ELSE coalesce(
            format('its data was {:.1f} h old then', arg_max(r.value, (r."at", r.value)) FILTER (WHERE r.metric_class = 'freshness') / 3600),
            'checked, its age is not measured'
        )
    END AS note
FROM asset AS a
LEFT JOIN reading AS r
    ON r.subject = a.name AND r.subject_kind = 'dataset' AND r."at" BETWEEN $since AND $as_of
WHERE a.kind = 'dataset' AND a.tier = 1
GROUP BY a.name
ORDER BY value DESC, item, note
