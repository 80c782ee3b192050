-- Recognises results by a key that a finding got after its first one; the newest wins.
-- params: none
-- returns: nothing
INSERT INTO matched (n, finding_id, how)
SELECT incoming.n, finding_alias.finding_id, 'alias'
FROM incoming
JOIN finding_alias ON finding_alias.key = incoming.key AND finding_alias.kind = 'exact'
WHERE NOT EXISTS (FROM matched WHERE matched.n = incoming.n)
  AND NOT EXISTS (FROM matched WHERE matched.finding_id = finding_alias.finding_id)
QUALIFY row_number() OVER (
        PARTITION BY incoming.n ORDER BY finding_alias.seen_at DESC, finding_alias.finding_id
    ) = 1
    AND row_number() OVER (
        PARTITION BY finding_alias.finding_id ORDER BY finding_alias.seen_at DESC, incoming.n
    ) = 1
