-- Writes when each finding was under a waiver; of waivers that overlap or touch one span is made.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO waived_span (finding_id, since, until, rev)
WITH span AS (
    SELECT
        c.finding_id,
        w.decided_at AS since,
        least(w.expires_at, coalesce(w.stopped_at, w.expires_at)) AS until
    FROM waiver_finding AS c
    INNER JOIN waiver AS w ON w.id = c.waiver_id
    WHERE w.state IN ('granted', 'suspended', 'superseded', 'revoked', 'expired')
),
marked AS (
    SELECT
        *,
        coalesce(since > max(until) OVER (
            PARTITION BY finding_id ORDER BY since, until
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), true) AS is_first
    FROM span
    WHERE until > since
),
numbered AS (
    SELECT
        *,
        count(*) FILTER (WHERE is_first) OVER (
            PARTITION BY finding_id ORDER BY since, until ROWS UNBOUNDED PRECEDING
        ) AS island
    FROM marked
)
SELECT finding_id, min(since), max(until), $rev
FROM numbered
GROUP BY finding_id, island
