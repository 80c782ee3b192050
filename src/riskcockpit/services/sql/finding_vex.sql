-- The VEX statement in force for a finding.
-- params: id VARCHAR
-- returns: words, said_at (UTC), document; no row without one
SELECT held.words, held.said_at, said.document
FROM finding_vex AS held
JOIN vex_statement AS said ON said.id = held.statement_id
WHERE held.finding_id = $id
