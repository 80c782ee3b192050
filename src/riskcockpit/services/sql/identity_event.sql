-- Writes down once what a decision did to a finding.
-- params: id VARCHAR, moment TIMESTAMP, kind VARCHAR, detail VARCHAR, rev BIGINT
-- returns: nothing
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT $id, $moment::TIMESTAMP, $kind, '', $detail, $rev
WHERE NOT EXISTS (
    FROM finding_event
    WHERE finding_id = $id AND kind = $kind AND "at" = $moment AND detail = $detail
)
