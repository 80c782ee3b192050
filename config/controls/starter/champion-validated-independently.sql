-- One row per champion: approved, and by somebody who did not run its training?
SELECT
    format('{} v{}', a.model, a.version) AS resource,
    CASE
        WHEN v.is_approved AND v.validated_by <> '' AND lower(v.validated_by) <> lower(v.run_user)
            THEN 'ok'
        ELSE 'alarm'
    END AS status,
    CASE
        WHEN v.model IS NULL THEN 'the registry does not know this version'
        WHEN v.is_rolled_back THEN 'it serves again although it was rolled back'
        WHEN NOT v.is_approved THEN 'validation has not approved it'
        WHEN v.validated_by = '' THEN 'nobody is named as its validator'
        WHEN lower(v.validated_by) = lower(v.run_user) THEN v.validated_by || ' validated the own work'
        ELSE 'approved by ' || v.validated_by
    END AS reason,
    coalesce(m.owner, '') AS owner,
    coalesce(m.tier, 3) AS tier
FROM model_alias AS a
LEFT JOIN model AS m ON m.name = a.model
LEFT JOIN model_version AS v ON v.model = a.model AND v.version = a.version
WHERE a.alias = 'champion'
ORDER BY resource
