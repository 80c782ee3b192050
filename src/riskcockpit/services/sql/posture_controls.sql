-- The controls with their latest verdict, the worst first, and since when they fail as far as known.
-- params: none
-- returns: id, title, pillar, severity (0 to 4), verdict, message, failed, passed (counts), at (UTC),
--   since (UTC; of the oldest finding it fails over: when that came, or was due where it is overdue,
--   which is never before a control of deadlines began to fail; NULL: it fails over other things)
WITH failing AS (
    SELECT
        r.control_id,
        min(CASE
            WHEN f.due_at <= c."at" THEN f.due_at
            ELSE coalesce(f.reopened_at, f.onset_at, f.first_seen)
        END) AS since
    FROM control_row AS r
    JOIN control AS c ON c.id = r.control_id
    JOIN finding AS f ON f.id = r.resource
    WHERE r.status IN ('alarm', 'error')
    GROUP BY r.control_id
)
SELECT
    c.id, c.title, c.pillar, c.severity, c.verdict, c.message, c.failed, c.passed, c."at",
    least(f.since, c."at") AS since
FROM control AS c
LEFT JOIN failing AS f ON f.control_id = c.id
ORDER BY c.severity DESC, c.failed DESC, c.id
