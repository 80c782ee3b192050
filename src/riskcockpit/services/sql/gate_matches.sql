-- The findings of a query that ask for work now, in its order; of given scopes those that the last
-- scan shows, or of all when there are none given.
-- params: scopes VARCHAR[]
-- returns: id
SELECT id
FROM finding
WHERE
    state IN ('open', 'triage', 'pending_waiver')
    AND ($scopes IS NULL OR (list_contains($scopes, scope) AND NOT is_unconfirmed_absent))
    AND (/*where*/ TRUE)
ORDER BY /*order*/ id
