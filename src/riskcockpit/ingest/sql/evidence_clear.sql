-- Removes what earlier scans of scopes proved; the newest scan speaks.
-- params: scopes VARCHAR[]
-- returns: nothing
DELETE FROM control_evidence
WHERE scope IN (SELECT unnest($scopes))
