-- Takes over what a file of a service catalogue says.
-- params: subject VARCHAR
-- returns: nothing
INSERT INTO catalogue_entry BY NAME
SELECT $subject AS subject, name, names, owner, domain, environment, tier
FROM incoming_entry
