-- Changes a hundred findings, as a small sync does.
-- params: rev BIGINT
-- returns: nothing
UPDATE finding SET severity = 4, rev = $rev WHERE rowid < 100
