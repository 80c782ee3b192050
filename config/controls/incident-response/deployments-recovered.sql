-- One row per environment of production: how its newest deployment went.
WITH newest AS (
    SELECT asset, environment, max_by(status, (at_place, id)) AS came, max(at_place) AS at_place
    FROM deployment
    WHERE
        is_production AND status IN ('succeeded', 'failed') AND at_place <= $as_of
        AND at_place >= $as_of - to_days(CAST($window_days AS INTEGER))
    GROUP BY asset, environment
)
SELECT
    format('{}: {}', asset, environment) AS resource,
    CASE
        WHEN came = 'succeeded' THEN 'ok'
        WHEN date_diff('minute', at_place, $as_of) > 60 * $hours THEN 'alarm'
        ELSE 'info'
    END AS status,
    format('the newest deployment {} {} h ago', came, date_diff('hour', at_place, $as_of)) AS reason
FROM newest
ORDER BY resource
