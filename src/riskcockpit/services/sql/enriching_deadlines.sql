-- Keeps deadlines that were missed and are put off now, because a listing ends.
-- params: now TIMESTAMP, rev BIGINT
-- returns: count of deadlines
INSERT INTO past_deadline (finding_id, due_at, severity, ended_at, rev)
SELECT f.id, f.due_at, f.severity, $now, $rev
FROM enriched AS e
JOIN finding AS f ON f.rowid = e.row_id
WHERE f.due_at < $now AND f.state <> 'fixed' AND (e.due_at IS NULL OR e.due_at > f.due_at)
