-- The VEX statements by which findings do not count, for exports.
-- params: none
-- returns: finding_id, words
SELECT finding_id, words
FROM finding_vex
WHERE status = 'not_affected'
