-- Forgets sightings that a complete scan of their scope does not confirm.
-- params: rev BIGINT
-- returns: nothing
DELETE FROM finding_sighting
WHERE rev < $rev AND scope IN (SELECT scope FROM incoming_scan WHERE is_judged AND is_proof)
