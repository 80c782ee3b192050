-- Says in the history of findings about missed reviews that ended just now who reviewed the decision and when
-- that was due, or that it was taken back or rejected.
-- params: tool VARCHAR, rev BIGINT
-- returns: nothing
UPDATE finding_event
SET detail = concat_ws('; ', nullif(detail, ''), CASE
    WHEN g.reviewed_at IS NOT NULL
        THEN format('reviewed by {}, due by {}', g.reviewer, strftime(g.review_by, '%Y-%m-%d %H:%M UTC'))
    ELSE 'the decision was rejected or taken back'
END)
FROM finding AS f
JOIN glass_broken AS g ON g.id = f.resource
WHERE finding_event.finding_id = f.id AND f.tool = $tool
    AND finding_event.kind = 'fixed' AND finding_event.rev = $rev
    AND (g.reviewed_at IS NOT NULL OR g.ended_at IS NOT NULL)
