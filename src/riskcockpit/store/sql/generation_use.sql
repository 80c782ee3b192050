-- Lets names mean the tables of the generation that is attached.
-- params: none
-- returns: nothing
USE generation
