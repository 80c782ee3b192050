-- Recognises results by the first key of a finding, which is its id, and notes whether they say what was
-- said of it before, stand where it stood and leave it in its state.
-- params: none
-- returns: nothing
INSERT INTO matched (n, scan, finding_id, finding_row, how, is_doubtful, is_elsewhere)
SELECT
    told.n, told.scan, finding.id, finding.rowid, 'exact',
    finding.said IS DISTINCT FROM told.said,
    hash(finding.path, finding.line) <> told.stands_at
        OR finding.state IS DISTINCT FROM transition.result
FROM finding
JOIN told ON told.key = finding.id
LEFT JOIN transition
    ON transition.stored = finding.state
    AND transition.needs_triage = told.needs_triage
    AND transition.is_suppressed = told.is_suppressed
ANTI JOIN matched AS by_result ON by_result.n = told.n
ANTI JOIN matched AS by_finding ON by_finding.finding_row = finding.rowid
