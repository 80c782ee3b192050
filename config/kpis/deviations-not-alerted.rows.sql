WITH deviations AS (
    SELECT asset, environment, name, "at", format('{}: {} to {}', name, left(from_value, 60), left(to_value, 60)) AS note
    FROM setting_change
    WHERE
        explained_by = '' AND kind <> 'agreement' AND is_production
        AND "at" BETWEEN $since AND $as_of
    UNION ALL
    SELECT asset, environment, name, since AS "at", format('{}: {}, not {}', name, value, declared) AS note
    FROM setting
    WHERE declared <> '' AND value <> declared AND is_production AND since BETWEEN $since AND $as_of
),
silent AS (
    SELECT d.asset, d."at", d.note
    FROM deviations AS d
    WHERE NOT EXISTS (
        SELECT 1 FROM finding AS f
        WHERE
            f.tool = 'riskcockpit.configuration' AND f.asset = d.asset
            AND f.resource IN (d.name, d.environment || '/' || d.name)
            AND f.detected_at <= d."at" + INTERVAL 1 HOUR
            AND coalesce(f.fixed_at, $as_of) >= d."at"
    )
)
SELECT asset AS item, CAST(NULL AS DOUBLE) AS value, "at", note
FROM silent
ORDER BY "at" DESC, item, note
