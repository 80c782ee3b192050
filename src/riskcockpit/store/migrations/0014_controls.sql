-- What a verdict rests on, so that a control need not run again while none of it changed.
ALTER TABLE control ADD COLUMN digest VARCHAR;      -- of the control as it was in force
ALTER TABLE control ADD COLUMN inputs VARCHAR;      -- state of each table it reads

-- The same of KPIs: what the newest reading rests on, and the moment it was measured for.
ALTER TABLE kpi ADD COLUMN digest VARCHAR;
ALTER TABLE kpi ADD COLUMN inputs VARCHAR;
ALTER TABLE kpi ADD COLUMN measured_at TIMESTAMP;
