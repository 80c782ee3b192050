-- Forgets what earlier scans of scopes would have closed, unless it was released.
-- params: none
-- returns: nothing
DELETE FROM held_closure
WHERE released_by = '' AND scope IN (SELECT scope FROM incoming_scan)
