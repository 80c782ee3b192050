-- Moves findings to the state that follows from the statement in force. Leaves `rev` alone: it tells
-- which findings the scans of this import have seen.
-- params: none
-- returns: nothing
UPDATE finding
SET state = vex_change.new_state
FROM vex_change
WHERE finding.id = vex_change.finding_id AND vex_change.new_state <> vex_change.old_state
