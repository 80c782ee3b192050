-- What is known of one finding from elsewhere, and of what moments that is.
-- params: row_id BIGINT
-- returns: percentile (0 to 1), scores_as_of, kev_added, kev_due, is_ransomware, catalogue_as_of (UTC), owners
SELECT
    f.epss_percentile AS percentile,
    (SELECT max(dated) FROM enrichment WHERE kind = 'epss') AS scores_as_of,
    f.kev_added, f.kev_due, coalesce(f.is_ransomware, false) AS is_ransomware,
    (SELECT max(dated) FROM enrichment WHERE kind = 'kev') AS catalogue_as_of,
    coalesce(p.owners, []) AS owners
FROM finding AS f
LEFT JOIN path_owner AS p ON p.asset = f.asset AND p.path = f.path
WHERE f.rowid = $row_id
