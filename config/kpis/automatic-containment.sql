SELECT
    avg(CASE WHEN contained_by = 'automation' THEN 1.0 ELSE 0.0 END) * 100 :: DOUBLE AS value,
    count(*) AS sample,
    max(contained_at) AS as_of
FROM incident
WHERE contained_by <> '' AND contained_at BETWEEN $since AND $as_of
