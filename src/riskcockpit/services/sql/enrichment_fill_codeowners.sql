-- Takes over the owner rules of an asset.
-- params: subject VARCHAR
-- returns: nothing
INSERT INTO owner_rule BY NAME
SELECT $subject AS asset, ordinal, pattern, owners
FROM incoming_owner_rule
