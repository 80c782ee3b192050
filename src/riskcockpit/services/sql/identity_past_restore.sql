-- Puts a finding back to where it was before a merge.
-- params: decision VARCHAR, id VARCHAR
-- returns: nothing
UPDATE finding
SET title = past.title, path = past.path, line = past.line, col = past.col,
    end_line = past.end_line, snippet = past.snippet, fingerprint_name = past.fingerprint_name,
    fingerprint = past.fingerprint, due_at = past.due_at,
    sla_due_at = past.sla_due_at, reopened_at = past.reopened_at,
    wording_id = NULL, place_id = NULL, said = NULL
FROM identity_past AS past
WHERE past.decision_id = $decision AND past.finding_id = $id AND finding.id = $id
