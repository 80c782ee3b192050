-- Recognises results by a key that a finding got after its first one; the newest wins.
-- params: none
-- returns: nothing
INSERT INTO matched (n, scan, finding_id, finding_row, how, is_doubtful, is_elsewhere)
SELECT incoming.n, incoming.scan, finding.id, finding.rowid, 'alias', true, true
FROM incoming
JOIN finding_alias ON finding_alias.key = incoming.key
JOIN finding ON finding.id = finding_alias.finding_id
ANTI JOIN matched AS by_result ON by_result.n = incoming.n
ANTI JOIN matched AS by_finding ON by_finding.finding_id = finding.id
WHERE finding_alias.kind = 'exact'
QUALIFY row_number() OVER (
        PARTITION BY incoming.n ORDER BY finding_alias.seen_at DESC, finding_alias.finding_id
    ) = 1
    AND row_number() OVER (
        PARTITION BY finding_alias.finding_id ORDER BY finding_alias.seen_at DESC, incoming.n
    ) = 1
