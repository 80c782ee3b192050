-- What the controls came to last, for the waivers that rest on them.
-- params: none
-- returns: id, verdict
SELECT id, verdict
FROM control
