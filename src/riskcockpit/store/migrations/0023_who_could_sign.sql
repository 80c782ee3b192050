-- Who else could add a key to what waits for one, by the rules in force: other persons with a role for
-- it, a key, and no part in what it is about; NULL in rows of before. A projection of the ledger.
ALTER TABLE waiver ADD COLUMN could_sign VARCHAR[];
ALTER TABLE action ADD COLUMN could_sign VARCHAR[];
ALTER TABLE glass_broken ADD COLUMN could_sign VARCHAR[];
