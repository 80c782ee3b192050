-- Puts a finding back to where its own history left it: absent now, or fixed then.
-- params: id VARCHAR, decided_at TIMESTAMP, rev BIGINT
-- returns: nothing
UPDATE finding
SET state = CASE WHEN own.kind = 'fixed' THEN 'fixed' ELSE 'open' END,
    fixed_at = CASE WHEN own.kind = 'fixed' THEN own.moment END,
    is_unconfirmed_absent = own.kind IS DISTINCT FROM 'fixed',
    reopened_count = own.returns, waived_until = NULL, waiver_id = '', correlation = '',
    path = CASE
        WHEN own.is_renamed_last AND ends_with(own.renamed, ' → ' || finding.path)
            THEN left(own.renamed, length(own.renamed) - length(finding.path) - 3)
        ELSE finding.path
    END,
    line = CASE
        WHEN own.is_renamed_last THEN NULL -- where in that file is not written down
        WHEN regexp_matches(coalesce(own.moved, ''), '^line \d+ → ')
            THEN regexp_extract(own.moved, '^line (\d+) → ', 1)::INTEGER
        ELSE finding.line
    END,
    snippet = '', fingerprint = NULL, fingerprint_name = NULL, place_id = NULL, said = NULL, rev = $rev
FROM (
    SELECT
        arg_max(kind, ("at", rev, kind)) FILTER (kind IN ('created', 'reopened', 'fixed')) AS kind,
        max("at") FILTER (kind IN ('created', 'reopened', 'fixed')) AS moment,
        count(*) FILTER (kind = 'reopened') AS returns,
        arg_max(detail, ("at", rev, detail)) FILTER (kind = 'renamed') AS renamed,
        arg_max(detail, ("at", rev, detail)) FILTER (kind = 'moved') AS moved,
        coalesce(
            arg_max(kind, ("at", rev, kind)) FILTER (kind IN ('created', 'moved', 'renamed')) = 'renamed', false
        ) AS is_renamed_last
    FROM finding_event
    WHERE finding_id = $id AND "at" <= $decided_at
) AS own
WHERE finding.id = $id
