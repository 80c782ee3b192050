-- One number for all that the tool says of a finding, as ingest/sql/told_fill.sql makes it, so that a
-- report that says the same again is recognised without reading the finding. NULL: not known, compare.
-- Whoever changes a column that it covers sets it to NULL.
ALTER TABLE finding ADD COLUMN said UBIGINT;
