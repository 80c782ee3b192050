-- When the newest row of each table was true: the effective date of evidence, not when we read it.
-- A moment in the future says nothing about freshness and is left out; findings are as fresh as
-- the scans and readings they come from.
-- params: as_of TIMESTAMP
-- returns: table_name, newest (UTC; NULL for an empty table)
WITH
scanned AS (
    SELECT max(scanned_at) AS newest
    FROM scan
    WHERE scanned_at <= $as_of  -- a VEX document is no scan
        AND NOT EXISTS (FROM vex_statement WHERE vex_statement.scope = scan.scope)
),
measured AS (SELECT max("at") AS newest FROM reading WHERE "at" <= $as_of)
SELECT 'asset' AS table_name, max(seen_at) AS newest FROM asset WHERE seen_at <= $as_of
UNION ALL SELECT 'control_evidence', max(seen_at) FROM control_evidence WHERE seen_at <= $as_of
UNION ALL SELECT 'deployment', max(observed_at) FROM deployment WHERE observed_at <= $as_of
UNION ALL SELECT 'finding', greatest(s.newest, m.newest) FROM scanned AS s, measured AS m
UNION ALL SELECT 'ledger_entry', max(ts) FROM ledger_entry WHERE ts <= $as_of
UNION ALL SELECT 'model', max(seen_at) FROM model WHERE seen_at <= $as_of
UNION ALL SELECT 'model_alias', max(seen_at) FROM model_alias WHERE seen_at <= $as_of
UNION ALL SELECT 'model_version', max(seen_at) FROM model_version WHERE seen_at <= $as_of
UNION ALL SELECT 'reading', newest FROM measured
UNION ALL SELECT 'scan', newest FROM scanned
UNION ALL SELECT 'setting', max(seen_at) FROM setting WHERE seen_at <= $as_of
UNION ALL SELECT 'source', max(last_success) FROM source WHERE last_success <= $as_of
