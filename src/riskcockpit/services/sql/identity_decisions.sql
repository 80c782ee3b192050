-- The decisions about identity that are applied in this cache, in their order.
-- params: none
-- returns: id, kind, finding_id, other_id, keys, ordinal
SELECT id, kind, finding_id, other_id, keys, ordinal
FROM identity_decision
ORDER BY ordinal
