SELECT
    format('{} v{}', a.model, a.version) AS item,
    CAST(NULL AS DOUBLE) AS value,
    v.seen_at AS "at",
    concat_ws(
        ', ',
        CASE WHEN v.is_approved THEN 'approved' ELSE 'not approved' END,
        CASE
            WHEN coalesce(v.validated_by, '') = '' THEN 'validated by nobody'
            WHEN lower(v.validated_by) = lower(v.run_user) THEN 'validated by its author'
            ELSE 'validated by ' || v.validated_by
        END,
        coalesce(array_to_string(v.artifacts, ' '), 'no artefacts'),
        format('{} data sets', coalesce(len(v.datasets), 0))
    ) AS note
FROM model_alias AS a
LEFT JOIN model_version AS v ON v.model = a.model AND v.version = a.version
WHERE a.alias = 'champion'
ORDER BY item
