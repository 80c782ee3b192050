-- Sets the end of a breach to the first good reading, where a scan has just closed it.
-- params: asset VARCHAR, tool VARCHAR, rev BIGINT
-- returns: nothing
UPDATE finding
SET fixed_at = recovery.recovered_at
FROM recovery
WHERE finding.asset = $asset AND finding.tool = $tool AND finding.state = 'fixed'
  AND finding.rev = $rev AND finding.metric = recovery.metric
  AND finding.segment = recovery.segment
