-- Remembers which statement is in force for a finding.
-- params: rev BIGINT
-- returns: nothing
INSERT INTO finding_vex (finding_id, statement_id, status, words, said_at, rev)
SELECT finding_id, statement_id, status, words, said_at, $rev
FROM vex_change
WHERE statement_id IS NOT NULL
ON CONFLICT (finding_id) DO UPDATE
SET statement_id = excluded.statement_id, status = excluded.status, words = excluded.words,
    said_at = excluded.said_at, rev = excluded.rev
