-- What deciding about the identity of a finding rests on.
-- params: id VARCHAR
-- returns: asset, tool, class, rule, path, line, state, is_present (in the last scan of its scope), current_key
SELECT
    f.asset, f.tool, f.class, f.rule, f.path, f.line, f.state,
    f.state <> 'fixed' AND NOT f.is_unconfirmed_absent AND NOT (
        -- an absent false positive is not in doubt: it stays what it is
        f.state = 'false_positive' AND EXISTS (
            FROM scan
            WHERE scan.scope = f.scope AND scan.outcome IN ('applied', 'held')
              AND scan.scanned_at > f.last_seen
        )
    ) AS is_present,
    coalesce((
        SELECT arg_max(key, (seen_at, key)) FROM finding_alias WHERE finding_id = $id AND kind = 'exact'
    ), f.id) AS current_key
FROM finding AS f
WHERE f.id = $id
