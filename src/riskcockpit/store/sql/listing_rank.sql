-- Sets the priority of findings where it is not what it follows from: known to be exploited 16 and
-- severity 0 to 4, in steps of 2^25; between them the upper half is for those with a score, by it,
-- and the lower one for money up to 1e12, by its logarithm.
-- params: none
-- returns: count of findings
UPDATE finding
SET priority = ranked.worth
FROM (
    SELECT
        rowid AS row_id,
        CASE WHEN state IN ('open', 'triage', 'pending_waiver') THEN 1 ELSE -1 END
            * ((CAST(1 + is_kev::TINYINT * 16 + severity AS INTEGER) << 25) + CAST(CASE
                WHEN epss IS NULL
                    THEN log2(1 + least(greatest(exposure::DOUBLE, 0), 1e12)) * 400000
                ELSE 16777216 + least(greatest(epss, 0), 1) * 16000000
            END AS INTEGER)) AS worth
    FROM finding
    WHERE priority IS DISTINCT FROM worth
) AS ranked
WHERE finding.rowid = ranked.row_id
