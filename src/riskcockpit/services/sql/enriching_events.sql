-- Notes where a listing as known exploited begins or ends.
-- params: now TIMESTAMP, rev BIGINT
-- returns: count of events
INSERT INTO finding_event (finding_id, "at", kind, scan_id, detail, rev)
SELECT
    id, $now, 'enriched', '',
    CASE
        WHEN kev_added IS NOT NULL
            THEN 'listed as known exploited since ' || strftime(kev_added, '%Y-%m-%d')
                || CASE WHEN is_ransomware THEN ', used by ransomware' ELSE '' END
        WHEN old_added IS NOT NULL THEN 'no longer listed as known exploited'
        ELSE 'the tool says known exploited, the catalogue does not list it'
    END,
    $rev
FROM enriched
WHERE state <> 'fixed'
    AND ((kev_added IS NULL) <> (old_added IS NULL) OR (was_kev AND NOT is_kev))
