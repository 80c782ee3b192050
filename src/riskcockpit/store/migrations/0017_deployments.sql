-- Deployments as upstream systems record them, and settings that must not change unnoticed.

CREATE TABLE deployment (
    id VARCHAR NOT NULL,                 -- digest of source and upstream_id
    source_id VARCHAR NOT NULL, upstream_id VARCHAR NOT NULL,
    asset VARCHAR NOT NULL, environment VARCHAR NOT NULL,
    is_production BOOLEAN NOT NULL,      -- as upstream says, else by names and assets; settled
    is_production_told BOOLEAN,          -- as upstream says; NULL: it does not
    status VARCHAR NOT NULL,             -- domain.deployment.DeploymentStatus
    commit_id VARCHAR NOT NULL, ref VARCHAR NOT NULL, pipeline VARCHAR NOT NULL,
    url VARCHAR NOT NULL, artifacts VARCHAR[] NOT NULL,
    model VARCHAR NOT NULL, model_version INTEGER,
    actor VARCHAR NOT NULL, started_at TIMESTAMP, finished_at TIMESTAMP,
    at_place TIMESTAMP NOT NULL,         -- its place in time: finished, else started, else observed
    observed_at TIMESTAMP NOT NULL,      -- when upstream changed it last
    content VARCHAR NOT NULL,            -- digest of all it says
    previous_id VARCHAR NOT NULL,        -- the one that served the place before; settled
    seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL
);

CREATE TABLE deployment_approval (
    deployment_id VARCHAR NOT NULL, upstream_id VARCHAR NOT NULL, actor VARCHAR NOT NULL,
    answer VARCHAR NOT NULL,             -- approved | rejected
    "at" TIMESTAMP, rev BIGINT NOT NULL
);

-- What the chain of a deployment to production lacks; settled at every publish.
CREATE TABLE deployment_gap (
    deployment_id VARCHAR NOT NULL,
    link VARCHAR NOT NULL,               -- commit | pipeline | scans | approval | model
    reason VARCHAR NOT NULL, mend VARCHAR NOT NULL, rev BIGINT NOT NULL
);

-- Settings as they were seen last.
CREATE TABLE setting (
    source_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, asset VARCHAR NOT NULL,
    name VARCHAR NOT NULL, environment VARCHAR NOT NULL, value VARCHAR NOT NULL,
    declared VARCHAR NOT NULL,           -- what it has to be; empty: nobody says
    is_production BOOLEAN NOT NULL,      -- without an environment it holds there too; settled
    since TIMESTAMP NOT NULL,            -- when it became so, or was first seen so
    seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL
);

-- The journal of every change seen between two syncs.
CREATE TABLE setting_change (
    source_id VARCHAR NOT NULL, kind VARCHAR NOT NULL, asset VARCHAR NOT NULL,
    name VARCHAR NOT NULL, environment VARCHAR NOT NULL,
    from_value VARCHAR NOT NULL, to_value VARCHAR NOT NULL,
    is_production BOOLEAN NOT NULL,      -- as of its setting; settled
    "at" TIMESTAMP NOT NULL,             -- when it changed, or was seen changed
    seen_before TIMESTAMP NOT NULL,      -- when it was last seen as it was
    explained_by VARCHAR NOT NULL,       -- deployment or action; empty: nothing explains it; settled
    rev BIGINT NOT NULL
);

-- Derived at every publish, for deployments to production that went out within the last months:
-- the records of any source that are of the same commit or artifact (itself among them), and what
-- was deployed under all names it has, so that scans of it are found.
CREATE TABLE deployment_link (
    deployment_id VARCHAR NOT NULL, other_id VARCHAR NOT NULL, rev BIGINT NOT NULL
);
CREATE TABLE deployment_subject (
    deployment_id VARCHAR NOT NULL, asset VARCHAR NOT NULL, rev BIGINT NOT NULL
);
