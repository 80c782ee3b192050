-- The moment this generation was judged for.
-- params: none
-- returns: at (UTC); NULL before the first judgement
SELECT max("at") AS "at" FROM exposure_reading
