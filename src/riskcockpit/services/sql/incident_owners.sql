-- Who owns what incidents are about.
-- params: none
-- returns: name, owner
SELECT name, owner FROM asset WHERE owner <> ''
UNION
SELECT name, owner FROM model WHERE owner <> ''
