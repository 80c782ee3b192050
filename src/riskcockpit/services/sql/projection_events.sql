-- Adds what the ledger says happened to findings to their history, once.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_event BY NAME
SELECT p.finding_id, p.moment AS "at", p.kind, '' AS scan_id, p.detail, $rev AS rev
FROM projected_event AS p
JOIN finding AS f ON f.id = p.finding_id
WHERE (p.kind <> 'waiver_expired' OR f.fixed_at IS NULL OR f.fixed_at > p.moment)
    AND NOT EXISTS (
        SELECT 1 FROM finding_event AS e
        WHERE e.finding_id = p.finding_id AND e.kind = p.kind AND e."at" = p.moment
            AND e.detail = p.detail
    )
