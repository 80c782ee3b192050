-- What the ledger says of automation and of incidents. Projections: rebuilt from it at any time.

-- Rollbacks that automation proposed.
CREATE TABLE proposal (
    id VARCHAR NOT NULL,                 -- hash of its entry
    model VARCHAR NOT NULL, from_version INTEGER NOT NULL, to_version INTEGER NOT NULL,
    rule VARCHAR NOT NULL, because VARCHAR NOT NULL, proposed_by VARCHAR NOT NULL,
    "at" TIMESTAMP NOT NULL,
    state VARCHAR NOT NULL,              -- open | taken | rejected | lapsed
    rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE incident (
    id VARCHAR NOT NULL,                 -- hash of the entry that opened it
    rule VARCHAR NOT NULL,               -- of the rules of incidents
    subject VARCHAR NOT NULL,            -- a model, data set or asset
    title VARCHAR NOT NULL,
    severity TINYINT NOT NULL,           -- 0 info … 4 critical; severity 1 is critical
    state VARCHAR NOT NULL,              -- open | acknowledged | contained | resolved | reviewed
    owner VARCHAR NOT NULL,              -- empty: nobody yet
    detected_at TIMESTAMP NOT NULL,
    acknowledged_at TIMESTAMP, contained_at TIMESTAMP, resolved_at TIMESTAMP,
    contained_by VARCHAR NOT NULL,       -- automation | person | end; empty: it is not contained
    acknowledge_due_at TIMESTAMP NOT NULL,
    escalated_at TIMESTAMP,
    review_due_at TIMESTAMP,             -- NULL: none is due
    reviewed_at TIMESTAMP,
    rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE incident_alert (
    incident_id VARCHAR NOT NULL, finding_id VARCHAR NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (incident_id, finding_id)
);

CREATE TABLE incident_event (
    incident_id VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, kind VARCHAR NOT NULL,
    actor VARCHAR NOT NULL, detail VARCHAR NOT NULL, entry VARCHAR NOT NULL, rev BIGINT NOT NULL
);

-- Runbooks that were walked through against simulators.
CREATE TABLE drill (
    id VARCHAR NOT NULL,                 -- hash of its entry
    runbook VARCHAR NOT NULL, is_passed BOOLEAN NOT NULL, seconds DOUBLE NOT NULL,
    "at" TIMESTAMP NOT NULL, actor VARCHAR NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);
