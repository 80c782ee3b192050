-- Makes a finding of what another one shows now; its clock starts when it took that place.
-- params: before VARCHAR, after VARCHAR, decided_at TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO finding BY NAME
WITH since AS (
    SELECT coalesce(
        min("at") FILTER (finding_id = $after AND kind = 'created'),
        max("at") FILTER (
            finding_id = $before AND "at" <= $decided_at
            AND kind IN ('created', 'moved', 'renamed', 'reopened')
        )
    ) AS moment
    FROM finding_event
    WHERE finding_id IN ($before, $after)
)
SELECT
    f.* REPLACE (
        $after AS id, coalesce(since.moment, f.last_seen) AS first_seen,
        coalesce(since.moment, f.last_seen) AS detected_at,
        CASE WHEN f.state IN ('waived', 'false_positive', 'pending_waiver')
            THEN 'open' ELSE f.state END AS state,
        NULL AS acknowledged_at, NULL AS contained_at, NULL AS reopened_at, 0 AS reopened_count,
        coalesce(since.moment, f.last_seen)
            + (f.due_at - coalesce(f.reopened_at, f.first_seen)) AS due_at,
        coalesce(since.moment, f.last_seen)
            + (f.sla_due_at - coalesce(f.reopened_at, f.first_seen)) AS sla_due_at,
        NULL AS waived_until, '' AS waiver_id, $rev AS rev
    )
FROM finding AS f, since
WHERE f.id = $before
