-- Documents as they were imported, so that the same one again need not be read.
CREATE TABLE document (
    request VARCHAR NOT NULL,            -- digest of the content and of all that its reading depends on
    size BIGINT NOT NULL,                -- bytes
    format VARCHAR NOT NULL, notes VARCHAR[] NOT NULL,
    scopes VARCHAR[] NOT NULL,           -- of its scans, in their order
    rev BIGINT NOT NULL,
    PRIMARY KEY (request)
);
