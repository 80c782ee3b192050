-- Why a KPI has no value although there may be data: its SELECT is at fault. NULL in rows of before,
-- and where nothing is.
ALTER TABLE kpi_reading ADD COLUMN message VARCHAR;
