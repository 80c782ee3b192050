-- What a waiver is, why it stands as it does, and from when to when it covered something: waived time
-- is told apart from the time that findings were open.
ALTER TABLE waiver ADD COLUMN kind VARCHAR DEFAULT '';      -- decisions.waiver_record.WaiverKind
ALTER TABLE waiver ADD COLUMN why VARCHAR DEFAULT '';       -- why it does not count; empty when it does
ALTER TABLE waiver ADD COLUMN statement VARCHAR DEFAULT ''; -- what it says in OpenVEX: the impact, or the plan
ALTER TABLE waiver ADD COLUMN stopped_at TIMESTAMP;         -- when it was suspended, revoked or renewed; NULL: not
