-- Findings of the scopes of scans that those say are gone, and do not show.
-- params: none
-- returns: nothing
INSERT INTO absent
WITH known AS (
    SELECT gone.scan, finding.id
    FROM gone
    JOIN finding ON finding.id = gone.key
    UNION
    SELECT gone.scan, finding_alias.finding_id
    FROM gone
    JOIN finding_alias ON finding_alias.key = gone.key
    WHERE finding_alias.kind = 'exact'
)
SELECT
    known.scan, finding.id, finding.rowid, finding.state, absence.result, true,
    finding.is_unconfirmed_absent, finding.waiver_id
FROM known
JOIN incoming_scan ON incoming_scan.scan = known.scan
JOIN finding ON finding.id = known.id AND finding.scope = incoming_scan.scope
JOIN absence ON absence.stored = finding.state
ANTI JOIN matched ON matched.finding_id = finding.id
