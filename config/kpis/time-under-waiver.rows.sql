WITH life AS (
    SELECT
        id,
        asset || ' ' || title AS words,
        greatest(first_seen, reopened_at, $since) AS since,
        least(CASE WHEN state = 'fixed' THEN fixed_at END, $as_of) AS until
    FROM finding
    WHERE
        pillar = 'infrastructure_hardening'
        AND state IN ('open', 'triage', 'pending_waiver', 'waived', 'fixed')
),
piece AS (
    SELECT
        l.id,
        l.words,
        date_diff('second', l.since, l.until) / 3600.0 AS open_hours,
        greatest(w.since, l.since) AS since,
        greatest(0, date_diff('second', greatest(w.since, l.since), least(w.until, l.until))) / 3600.0 AS hours
    FROM life AS l
    INNER JOIN waived_span AS w ON w.finding_id = l.id
    WHERE l.until > l.since
)
SELECT
    id AS item,
    sum(hours) AS value,
    min(since) AS "at",
    format('{}: waived for {:.0f} of the {:.0f} h it was open', words, sum(hours), open_hours) AS note
FROM piece
WHERE hours > 0
GROUP BY id, words, open_hours
ORDER BY value DESC, item, note
