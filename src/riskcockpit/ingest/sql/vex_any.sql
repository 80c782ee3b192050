-- Whether there is any VEX in the cache: statements, or findings that one was in force for.
-- params: none
-- returns: is_any
SELECT EXISTS (FROM vex_statement) OR EXISTS (FROM finding_vex)
