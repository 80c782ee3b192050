-- What waivers say, for exports.
-- params: none
-- returns: id, reason, justification
SELECT id, reason, coalesce(nullif(statement, ''), justification) AS justification
FROM waiver
