-- The findings on the lists of waivers as they are now, and what each waiver covers.
-- params: none
-- returns: waiver_id, id, title, asset, severity, state, is_kev, fixed_version, came_back_at (UTC), is_covered, exposure
SELECT
    w.waiver_id, f.id, f.title, f.asset, f.severity, f.state, f.is_kev, f.fixed_version,
    f.reopened_at AS came_back_at,
    f.waiver_id = w.waiver_id AND f.state IN ('waived', 'false_positive') AS is_covered,
    f.exposure
FROM waiver_finding AS w
JOIN finding AS f ON f.id = w.finding_id
ORDER BY w.waiver_id, f.severity DESC, f.id
