-- What a sync needs to ask politely: when everything was read last, and what makes reads conditional.
ALTER TABLE source ADD COLUMN full_at TIMESTAMP; -- the last whole pass; NULL: never, or before this

ALTER TABLE scan ADD COLUMN is_page BOOLEAN;      -- of a listing; NULL as false: it stood alone

-- Validators of answers whose rows are in this very generation. No bodies, no URLs, no tokens.
CREATE TABLE http_validator (
    source_id VARCHAR NOT NULL,
    key VARCHAR NOT NULL,                -- digest of the URL with its query
    scope VARCHAR NOT NULL,              -- keyed hash of the credential and the source's settings
    etag VARCHAR NOT NULL, last_modified VARCHAR NOT NULL,
    rev BIGINT NOT NULL,
    PRIMARY KEY (source_id, key)
);
