-- The results, with what they say of their findings as one number each: `said` is all but the place,
-- `stands_at` the place. Two that are alike say the same. It covers whatever change_fill compares. Another DuckDB may
-- make other numbers of the same: then everything is compared, once.
-- params: none
-- returns: nothing
CREATE OR REPLACE TEMP VIEW told AS
SELECT
    incoming.*, told_profile.needs_triage, told_profile.is_suppressed,
    hash(
        told_profile.said, incoming.description_id, incoming.title, incoming.col, incoming.end_line,
        incoming.snippet, incoming.location_count, incoming.fingerprint
    ) AS said,
    hash(incoming.path, incoming.line) AS stands_at
FROM incoming
JOIN told_profile ON told_profile.profile = incoming.profile
