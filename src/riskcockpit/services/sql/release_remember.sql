-- Notes which decision released what.
-- params: rev BIGINT
-- returns: nothing
UPDATE held_closure
SET released_by = p.decision, rev = $rev
FROM projected_release AS p
WHERE p.scan_id = held_closure.scan_id AND p.finding_id = held_closure.finding_id
    AND held_closure.released_by = ''
