-- Settings that are not as they may be: changed since the last explained change with nothing that
-- explains it, and not changed back; or other than what was declared. Workloads count where they
-- are of production, by the same words as deployments are.
-- params: since TIMESTAMP
-- returns: source_id, kind, asset, name, environment, before, after, at, is_production
WITH journal AS (
    SELECT
        *,
        max(CASE WHEN explained_by <> '' THEN "at" END) OVER key AS explained_at,
        first_value(from_value) OVER (key ORDER BY "at") AS first_value_seen
    FROM setting_change
    WINDOW key AS (PARTITION BY source_id, kind, asset, name)
), allowed AS (
    SELECT
        source_id, kind, asset, name,
        coalesce(
            max(to_value) FILTER (WHERE "at" = explained_at), min(first_value_seen)
        ) AS value
    FROM journal
    GROUP BY source_id, kind, asset, name
), baseline AS (
    SELECT
        j.source_id, j.kind, j.asset, j.name, min(a.value) AS value,
        max(j."at") FILTER (WHERE j.to_value = a.value OR j.explained_by <> '') AS settled_at,
        min(j."at") AS first_at,
        list(j."at" ORDER BY j."at") AS moments
    FROM journal AS j
    JOIN allowed AS a
        ON a.source_id = j.source_id AND a.kind = j.kind AND a.asset = j.asset AND a.name = j.name
    GROUP BY j.source_id, j.kind, j.asset, j.name
)
SELECT
    s.source_id, s.kind, s.asset, s.name, s.environment, b.value AS before, s.value AS after,
    coalesce(list_min(list_filter(b.moments, lambda one: one > b.settled_at)), b.first_at) AS "at",
    s.is_production
FROM setting AS s
JOIN baseline AS b
    ON b.source_id = s.source_id AND b.kind = s.kind AND b.asset = s.asset AND b.name = s.name
WHERE s.declared = '' AND s.value <> b.value
    AND coalesce(list_min(list_filter(b.moments, lambda one: one > b.settled_at)), b.first_at)
        >= $since
    AND (s.kind <> 'workload' OR s.is_production)
UNION ALL
SELECT
    s.source_id, s.kind, s.asset, s.name, s.environment, s.declared AS before, s.value AS after,
    s.since AS "at", s.is_production
FROM setting AS s
WHERE s.declared <> '' AND s.value <> s.declared
ORDER BY ALL
