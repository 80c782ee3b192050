-- What is in force of each kind from elsewhere; of several files the oldest day counts.
-- params: none
-- returns: kind, files (count), rows (count), version, dated, imported_at (UTC)
SELECT
    kind, count(*) AS files, CAST(sum(rows) AS BIGINT) AS rows, max(version) AS version,
    min(dated) AS dated, max(imported_at) AS imported_at
FROM enrichment
GROUP BY kind
ORDER BY kind = 'epss' DESC, kind = 'kev' DESC, kind DESC
