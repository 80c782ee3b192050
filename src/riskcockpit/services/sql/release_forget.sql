-- Holds again what was released by a decision that does not stand any more.
-- params: rev BIGINT
-- returns: nothing
UPDATE held_closure
SET released_by = '', rev = $rev
WHERE released_by <> '' AND released_by NOT IN (SELECT decision FROM projected_release)
