-- Takes over a catalogue of exploited vulnerabilities.
-- params: none
-- returns: nothing
INSERT INTO kev_entry BY NAME
SELECT vulnerability, added, due, is_ransomware
FROM incoming_kev
