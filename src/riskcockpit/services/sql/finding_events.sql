-- The history of a finding, and of what was merged into it, with the notes about it, oldest first.
-- params: id VARCHAR
-- returns: at (UTC), kind, detail
SELECT "at", kind, detail
FROM (
    SELECT "at", kind, detail, rowid AS place
    FROM finding_event
    WHERE finding_id = $id OR finding_id IN (
        SELECT unnest(keys) FROM identity_decision WHERE kind = 'merged' AND finding_id = $id
    )
    UNION ALL
    SELECT ts, 'note', actor || ': ' || summary, seq
    FROM ledger_entry
    WHERE type = 'note' AND subject = $id
)
ORDER BY "at", place
