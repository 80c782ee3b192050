-- Forgets the owner rules of an asset.
-- params: subject VARCHAR
-- returns: nothing
DELETE FROM owner_rule
WHERE asset = $subject
