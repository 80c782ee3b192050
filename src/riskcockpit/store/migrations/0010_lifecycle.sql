-- What lets an import, a closure and a wrong match be taken back, and deadlines that are over.

-- How many live findings the scope had before the scan; NULL for scans of earlier versions.
ALTER TABLE scan ADD COLUMN live INTEGER;

-- Exactly what a held scan would have closed; the next scan of the scope forgets it.
CREATE TABLE held_closure (
    scan_id VARCHAR NOT NULL, scope VARCHAR NOT NULL, finding_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,              -- of the finding then
    released_by VARCHAR NOT NULL,        -- hash of the deciding entry; empty while it is held
    rev BIGINT NOT NULL
);

-- Deadlines of findings that came back, or that were missed before their deadline was changed.
CREATE TABLE past_deadline (
    finding_id VARCHAR NOT NULL, due_at TIMESTAMP NOT NULL, severity TINYINT NOT NULL,
    ended_at TIMESTAMP NOT NULL,         -- when it was fixed, or got another deadline; later: missed
    rev BIGINT NOT NULL
);

-- Decisions about identity in the order in which they are applied here; projected from the ledger.
CREATE TABLE identity_decision (
    id VARCHAR NOT NULL,                 -- hash of the deciding entry
    ordinal INTEGER NOT NULL, kind VARCHAR NOT NULL, -- merged | split
    finding_id VARCHAR NOT NULL,         -- whose the keys are by this decision
    other_id VARCHAR NOT NULL,           -- whose they were
    keys VARCHAR[] NOT NULL, rev BIGINT NOT NULL
);

-- Where findings were that a merge took over, so that it can be undone.
CREATE TABLE identity_past (
    decision_id VARCHAR NOT NULL, finding_id VARCHAR NOT NULL, title VARCHAR NOT NULL,
    path VARCHAR NOT NULL, line INTEGER, col INTEGER, end_line INTEGER, snippet VARCHAR NOT NULL,
    fingerprint_name VARCHAR, fingerprint VARCHAR, due_at TIMESTAMP, sla_due_at TIMESTAMP,
    reopened_at TIMESTAMP,
    rev BIGINT NOT NULL
);
