-- Forgets the catalogue of exploited vulnerabilities.
-- params: none
-- returns: nothing
DELETE FROM kev_entry
