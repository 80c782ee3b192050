-- VEX: what vendors and others say of vulnerabilities in products. A statement is about every
-- finding, also about those that come later; the newest that speaks of a finding is in force.

-- One statement about one product. Those of a scope are replaced by its next document.
CREATE TABLE vex_statement (
    id VARCHAR NOT NULL,                 -- domain.ids.digest of what it says, within its scope
    scope VARCHAR NOT NULL,              -- of the scan that brought it
    status VARCHAR NOT NULL,             -- domain.finding.VexStatus
    vulnerability_ids VARCHAR[] NOT NULL,
    words VARCHAR NOT NULL,              -- status, justification, statement and author, for people
    said_at TIMESTAMP NOT NULL, document VARCHAR NOT NULL,
    source_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- What a statement is about: a package, an asset, or a package in an asset; none: nothing.
CREATE TABLE vex_target (
    statement_id VARCHAR NOT NULL,
    product VARCHAR NOT NULL,            -- an asset's name or the end of it; empty: any
    package_type VARCHAR NOT NULL, package_name VARCHAR NOT NULL, -- empty name: any package
    package_version VARCHAR NOT NULL,    -- without a leading v or epoch 0; empty: see the bounds
    low INTEGER[], has_low BOOLEAN NOT NULL, -- numbers of a version; NULL: no bound
    high INTEGER[], has_high BOOLEAN NOT NULL,
    rev BIGINT NOT NULL
);

-- The statement in force for a finding, and how it was worded when it was applied.
CREATE TABLE finding_vex (
    finding_id VARCHAR NOT NULL, statement_id VARCHAR NOT NULL, status VARCHAR NOT NULL,
    words VARCHAR NOT NULL, said_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (finding_id)
);
