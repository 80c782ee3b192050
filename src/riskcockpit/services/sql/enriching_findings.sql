-- Takes over what is known of findings from elsewhere.
-- params: rev BIGINT
-- returns: count of findings
UPDATE finding
SET epss = enriched.epss, epss_percentile = enriched.epss_percentile, is_kev = enriched.is_kev,
    kev_added = enriched.kev_added, kev_due = enriched.kev_due,
    is_ransomware = enriched.is_ransomware, due_at = enriched.due_at, rev = $rev
FROM enriched
WHERE finding.rowid = enriched.row_id
