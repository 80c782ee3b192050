-- When a finding was under a waiver, whatever the waiver's kind. A projection of the ledger: rebuilt
-- from it at every publish. Spans of one finding never overlap, so that their lengths add up.
CREATE TABLE waived_span (
    finding_id VARCHAR NOT NULL,
    since TIMESTAMP NOT NULL,            -- when the waiver had its keys
    until TIMESTAMP NOT NULL,            -- when it ends or ended: may lie ahead
    rev BIGINT NOT NULL
);
