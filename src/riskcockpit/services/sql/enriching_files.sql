-- What is in force from elsewhere, and whether it came with this generation.
-- params: rev BIGINT
-- returns: kind, subject, is_new
SELECT kind, subject, rev = $rev AS is_new
FROM enrichment
