-- Makes what is known from elsewhere new, so that all findings that come back are looked at.
-- params: rev BIGINT
-- returns: count of files
UPDATE enrichment
SET rev = $rev
