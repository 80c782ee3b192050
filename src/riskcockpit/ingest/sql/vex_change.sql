-- Says for every finding that a statement speaks or spoke of what follows from it.
-- What people decided stays; fixed is only what a scan confirms.
-- params: none
-- returns: nothing
INSERT INTO vex_change
SELECT
    f.id AS finding_id, subject.scan_id, f.state AS old_state,
    CASE
        WHEN f.state IN ('open', 'triage') AND said.status = 'not_affected'
            THEN 'suppressed_at_source'
        WHEN f.state = 'open' AND said.status = 'under_investigation'
            AND known.words IS DISTINCT FROM said.words THEN 'triage'
        WHEN f.state = 'suppressed_at_source' AND known.status = 'not_affected'
            AND said.status = 'under_investigation' THEN 'triage'
        WHEN f.state = 'suppressed_at_source' AND known.status = 'not_affected'
            AND said.status IS DISTINCT FROM 'not_affected' THEN 'open'
        WHEN f.state = 'triage' AND known.status = 'under_investigation'
            AND said.status IS DISTINCT FROM 'under_investigation' THEN 'open'
        ELSE f.state
    END AS new_state,
    known.words AS old_words, said.statement_id, said.status, said.words, said.said_at
FROM vex_subject AS subject
JOIN finding AS f ON f.id = subject.id
LEFT JOIN vex_match AS said ON said.id = f.id AND said.is_newest
LEFT JOIN finding_vex AS known ON known.finding_id = f.id
WHERE said.id IS NOT NULL OR known.finding_id IS NOT NULL
