-- Remembers what results said of their findings, once it was compared and taken over.
-- params: none
-- returns: nothing
UPDATE finding
SET said = told.said
FROM matched
JOIN told ON told.n = matched.n
WHERE finding.rowid = matched.finding_row AND matched.is_doubtful
    AND finding.said IS DISTINCT FROM told.said
