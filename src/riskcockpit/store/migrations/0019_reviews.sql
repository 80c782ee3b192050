-- Decisions of one person where the rules want several: what was decided, and by when it is reviewed.
CREATE TABLE glass_broken (
    id VARCHAR PRIMARY KEY,            -- of the entry that decides
    kind VARCHAR NOT NULL,             -- waiver, or the kind of the action
    subject VARCHAR NOT NULL,          -- what it is about, in words
    actor VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,           -- why it could not wait
    decided_at TIMESTAMP NOT NULL,
    review_by TIMESTAMP NOT NULL,
    reviewed_at TIMESTAMP,             -- when the last missing key was added
    reviewer VARCHAR NOT NULL,         -- whose key that was; empty while it is missing
    ended_at TIMESTAMP                 -- when it was taken back or rejected
);
