-- Records of the last scan of each scope that could not be read.
-- params: none
-- returns: tool, asset, records
WITH newest AS (
    SELECT tool, asset, quarantined
    FROM scan
    QUALIFY row_number() OVER (PARTITION BY scope ORDER BY imported_at DESC, scanned_at DESC, id) = 1
)
SELECT tool, asset, CAST(sum(quarantined) AS BIGINT) AS records
FROM newest
WHERE quarantined > 0
GROUP BY tool, asset
ORDER BY records DESC, tool, asset
