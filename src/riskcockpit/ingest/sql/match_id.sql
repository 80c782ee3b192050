-- Recognises results by the first key of a finding, which is its id.
-- params: none
-- returns: nothing
INSERT INTO matched (n, finding_id, how)
SELECT incoming.n, finding.id, 'exact'
FROM incoming
JOIN finding ON finding.id = incoming.key
WHERE NOT EXISTS (FROM matched WHERE matched.n = incoming.n)
  AND NOT EXISTS (FROM matched WHERE matched.finding_id = finding.id)
