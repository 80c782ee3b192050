-- Remembers where a finding is that a merge takes over.
-- params: decision VARCHAR, id VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO identity_past BY NAME
SELECT
    $decision AS decision_id, id AS finding_id, title, path, line, col, end_line, snippet,
    fingerprint_name, fingerprint, due_at, sla_due_at, reopened_at, $rev AS rev
FROM finding
WHERE id = $id
