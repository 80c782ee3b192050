-- Decisions that broke the glass and that nobody reviewed yet.
-- params: none
-- returns: id (hash of the decision), kind, subject, actor, reason, decided_at, review_by (UTC), could_sign (principals)
SELECT id, kind, subject, actor, reason, decided_at, review_by, coalesce(could_sign, []) AS could_sign
FROM glass_broken
WHERE reviewed_at IS NULL AND ended_at IS NULL
ORDER BY review_by, id
