-- Findings that decisions about identity name, and the key under which each was seen last.
-- params: ids VARCHAR[]
-- returns: id, last_seen (UTC), detected_at (UTC), is_present, current_key
SELECT
    f.id, f.last_seen, f.detected_at,
    f.state <> 'fixed' AND NOT f.is_unconfirmed_absent AND NOT (
        f.state = 'false_positive' AND EXISTS (
            FROM scan
            WHERE scan.scope = f.scope AND scan.outcome IN ('applied', 'held')
              AND scan.scanned_at > f.last_seen
        )
    ) AS is_present,
    coalesce(k.current_key, f.id) AS current_key
FROM finding AS f
LEFT JOIN (
    SELECT finding_id, arg_max(key, (seen_at, key)) AS current_key
    FROM finding_alias
    WHERE kind = 'exact' AND finding_id IN (SELECT unnest($ids))
    GROUP BY finding_id
) AS k ON k.finding_id = f.id
WHERE f.id IN (SELECT unnest($ids))
