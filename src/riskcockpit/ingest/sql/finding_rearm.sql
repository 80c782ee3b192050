-- Sets the deadline anew: a rise in severity takes the shorter of both, a fall the later one.
-- params: moment TIMESTAMP
-- returns: nothing
UPDATE finding
SET due_at = rearmed.due_at, sla_due_at = rearmed.due_at
FROM (
    SELECT
        change.finding_id,
        CASE
            WHEN change.is_rearmed
                THEN least(known.sla_due_at, $moment::TIMESTAMP + to_days(profile.days))
            ELSE coalesce(known.reopened_at, known.first_seen) + to_days(profile.days)
        END AS due_at
    FROM change
    JOIN incoming ON incoming.n = change.n
    JOIN profile ON profile.profile = incoming.profile
    JOIN finding AS known ON known.id = change.finding_id
    WHERE NOT change.is_reopened
        AND (change.is_severity_changed OR change.is_rearmed OR known.tool_is_kev <> profile.is_kev)
) AS rearmed
WHERE finding.id = rearmed.finding_id
