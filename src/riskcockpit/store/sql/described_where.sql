-- In which database names without one are looked up.
-- params: none
-- returns: name
SELECT current_database() AS name
