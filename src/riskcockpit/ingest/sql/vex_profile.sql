-- Lets results of a scan come as the statements in force have them, so that none flickers.
-- params: none
-- returns: nothing
UPDATE profile
SET is_suppressed = profile.is_suppressed OR vex_match.status = 'not_affected',
    needs_triage = profile.needs_triage OR vex_match.status = 'under_investigation',
    state = CASE
        WHEN profile.is_suppressed OR vex_match.status = 'not_affected' THEN 'suppressed_at_source'
        ELSE 'triage'
    END
FROM vex_match
WHERE vex_match.id = profile.profile::VARCHAR AND vex_match.is_newest
    AND vex_match.status IN ('not_affected', 'under_investigation')
