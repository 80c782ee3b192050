-- What waivers say, for exports.
-- params: none
-- returns: id, reason, justification
SELECT id, reason, justification
FROM waiver
