-- Empties the table waived_span, which is written anew from the waivers.
-- params: none
-- returns: nothing
DELETE FROM waived_span
