-- Hands findings that their scope lost to another scope that still shows them.
-- params: rev BIGINT
-- returns: nothing
UPDATE finding
SET scope = other.scope, category = other.category, branch = other.branch
FROM (
    SELECT
        finding_sighting.finding_id, finding_sighting.scope, finding_sighting.category,
        finding_sighting.branch
    FROM finding_sighting
    JOIN finding AS own ON own.id = finding_sighting.finding_id
    JOIN incoming_scan ON incoming_scan.scope = own.scope
    WHERE finding_sighting.scope <> own.scope AND own.state <> 'fixed'
      AND incoming_scan.is_judged AND incoming_scan.is_proof
      AND CASE
          WHEN incoming_scan.is_group THEN own.rev < $rev
          ELSE own.scan_id <> incoming_scan.scan_id
      END
    QUALIFY row_number() OVER (
        PARTITION BY finding_sighting.finding_id
        ORDER BY finding_sighting.seen_at DESC, finding_sighting.scope
    ) = 1
) AS other
WHERE finding.id = other.finding_id
