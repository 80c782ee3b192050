-- Lets a moment with a zone mean the same everywhere: without this the zone of the machine counts.
-- params: none
-- returns: nothing
SET GLOBAL TimeZone = 'UTC'
