-- The cache, first version. Times are naive UTC (TIMESTAMP). Amounts are in the currency of the
-- settings. No sequences and no foreign keys: every table can live in a shared hub as it is.
-- Each row of upstream origin carries source_id (who said it), seen_at (when we last saw it) and
-- rev (the generation that wrote it last). `at` is a reserved word of SQL: write "at", or qualify it.

CREATE TABLE asset (
    name VARCHAR NOT NULL, kind VARCHAR NOT NULL, domain VARCHAR NOT NULL, owner VARCHAR NOT NULL,
    environment VARCHAR NOT NULL, tier TINYINT NOT NULL,
    source_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (name)
);

-- One run of one tool over one scope. scope = digest(asset, tool, category, branch).
CREATE TABLE scan (
    id VARCHAR NOT NULL, scope VARCHAR NOT NULL, asset VARCHAR NOT NULL, tool VARCHAR NOT NULL,
    tool_version VARCHAR NOT NULL, category VARCHAR NOT NULL, branch VARCHAR NOT NULL,
    format VARCHAR NOT NULL, document VARCHAR NOT NULL, content_hash VARCHAR NOT NULL,
    scanned_at TIMESTAMP NOT NULL, imported_at TIMESTAMP NOT NULL,
    outcome VARCHAR NOT NULL,            -- applied | held | older | repeated
    is_complete BOOLEAN NOT NULL,        -- the closure gate's judgement, with reason below
    incomplete_because VARCHAR NOT NULL, -- empty when complete
    rules VARCHAR[],                     -- NULL when the report does not list them
    read_count INTEGER NOT NULL, quarantined INTEGER NOT NULL, suppressed INTEGER NOT NULL,
    evidence INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    moved INTEGER NOT NULL, reopened INTEGER NOT NULL, unchanged INTEGER NOT NULL,
    fixed INTEGER NOT NULL, held INTEGER NOT NULL,
    source_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- No primary key: ingest makes ids unique, and an index would double the cost of an import.
-- Digests are not compressed: it would cost a sixth of the commit, and save half of their bytes.
-- Columns with few different words are told to be dictionaries: what else they could be is tried
-- for each of them at every checkpoint, and costs a tenth of it.
CREATE TABLE finding (
    id VARCHAR USING COMPRESSION uncompressed NOT NULL, -- 32 hex digits, digest of the first exact key
    class VARCHAR USING COMPRESSION dictionary NOT NULL, -- domain.finding.FindingClass
    asset VARCHAR USING COMPRESSION dictionary NOT NULL,
    tool VARCHAR USING COMPRESSION dictionary NOT NULL,
    rule VARCHAR USING COMPRESSION dictionary NOT NULL,
    category VARCHAR USING COMPRESSION dictionary NOT NULL,
    branch VARCHAR USING COMPRESSION dictionary NOT NULL,
    scope VARCHAR USING COMPRESSION dictionary NOT NULL,
    title VARCHAR NOT NULL, description VARCHAR NOT NULL, help_url VARCHAR NOT NULL,
    severity TINYINT NOT NULL,           -- 0 info … 4 critical
    severity_raw VARCHAR USING COMPRESSION dictionary NOT NULL,
    severity_source VARCHAR USING COMPRESSION dictionary NOT NULL,
    state VARCHAR USING COMPRESSION dictionary NOT NULL, -- domain.finding.State
    is_unconfirmed_absent BOOLEAN NOT NULL,
    pillar VARCHAR USING COMPRESSION dictionary NOT NULL,
    owner VARCHAR USING COMPRESSION dictionary NOT NULL,
    path VARCHAR NOT NULL, line INTEGER, col INTEGER, end_line INTEGER, snippet VARCHAR NOT NULL,
    location_count INTEGER NOT NULL,
    package_type VARCHAR USING COMPRESSION dictionary NOT NULL, package_name VARCHAR NOT NULL,
    package_version VARCHAR USING COMPRESSION dictionary NOT NULL,
    fixed_version VARCHAR USING COMPRESSION dictionary NOT NULL,
    package_layer VARCHAR USING COMPRESSION dictionary NOT NULL,
    vulnerability VARCHAR NOT NULL,      -- canonical id, CVE preferred; empty when none
    vulnerability_ids VARCHAR[] NOT NULL, cwes INTEGER[] NOT NULL,
    cvss DOUBLE, epss DOUBLE, is_kev BOOLEAN NOT NULL,
    model VARCHAR USING COMPRESSION dictionary NOT NULL,
    monitor VARCHAR USING COMPRESSION dictionary NOT NULL,
    metric VARCHAR USING COMPRESSION dictionary NOT NULL,
    segment VARCHAR USING COMPRESSION dictionary NOT NULL, resource VARCHAR NOT NULL,
    first_seen TIMESTAMP NOT NULL, last_seen TIMESTAMP NOT NULL, fixed_at TIMESTAMP,
    onset_at TIMESTAMP,                  -- when a monitored fault began
    detected_at TIMESTAMP NOT NULL,      -- when riskcockpit first recorded it
    acknowledged_at TIMESTAMP,           -- first ledger entry about it (projected)
    contained_at TIMESTAMP,              -- first confirmed action about it (projected)
    reopened_at TIMESTAMP, reopened_count INTEGER NOT NULL,
    due_at TIMESTAMP,                    -- SLA; NULL when its severity has none
    waived_until TIMESTAMP, waiver_id VARCHAR USING COMPRESSION dictionary NOT NULL,
    exposure DECIMAL(18, 2) NOT NULL,    -- annual loss expectancy
    correlation VARCHAR NOT NULL,        -- group across tools; empty when alone
    fingerprint_name VARCHAR USING COMPRESSION dictionary, -- the tool's claim identity rests on; NULL without one
    fingerprint VARCHAR USING COMPRESSION uncompressed, -- its value
    raw_hash VARCHAR USING COMPRESSION uncompressed NOT NULL, -- of raw_record: hash, colon, position
    scan_id VARCHAR USING COMPRESSION dictionary NOT NULL,
    source_id VARCHAR USING COMPRESSION dictionary NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL
);

-- Every key a finding was ever known by besides its id (facts/findings.md 6.3 rule 8). Keys are
-- never removed. Keys that follow from the finding's own columns are not stored twice.
CREATE TABLE finding_alias (
    key VARCHAR NOT NULL, finding_id VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,               -- exact | vulnerability
    seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (key, finding_id)
);

-- Other scopes (a branch, a second category) in which a finding is present beside its own.
CREATE TABLE finding_sighting (
    finding_id VARCHAR NOT NULL, scope VARCHAR NOT NULL, category VARCHAR NOT NULL,
    branch VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (finding_id, scope)
);

-- The places of a finding with several; a single one is in its own columns. Ordinals start at 0.
CREATE TABLE finding_location (
    finding_id VARCHAR NOT NULL, ordinal INTEGER NOT NULL, path VARCHAR NOT NULL, line INTEGER,
    col INTEGER, end_line INTEGER, snippet VARCHAR NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (finding_id, ordinal)
);

CREATE TABLE finding_event (
    finding_id VARCHAR USING COMPRESSION uncompressed NOT NULL, "at" TIMESTAMP NOT NULL,
    kind VARCHAR USING COMPRESSION dictionary NOT NULL,
    scan_id VARCHAR USING COMPRESSION dictionary NOT NULL,
    detail VARCHAR NOT NULL, rev BIGINT NOT NULL
);

CREATE TABLE raw_record (
    hash VARCHAR NOT NULL,
    content BLOB USING COMPRESSION uncompressed NOT NULL, -- packed already, see ingest/raw.py
    rev BIGINT NOT NULL,
    PRIMARY KEY (hash)
);

CREATE TABLE quarantine (
    scan_id VARCHAR NOT NULL, place VARCHAR NOT NULL, reason VARCHAR NOT NULL,
    seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL
);

CREATE TABLE control_evidence (
    scan_id VARCHAR NOT NULL, scope VARCHAR NOT NULL, tool VARCHAR NOT NULL, rule VARCHAR NOT NULL,
    status VARCHAR NOT NULL, resource VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL,
    rev BIGINT NOT NULL
);

CREATE TABLE model (
    name VARCHAR NOT NULL, owner VARCHAR NOT NULL, tier TINYINT NOT NULL, domain VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL, description VARCHAR NOT NULL, tags MAP(VARCHAR, VARCHAR) NOT NULL,
    exposure DECIMAL(18, 2) NOT NULL,    -- annual loss expectancy of the model as it stands
    source_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE model_version (
    model VARCHAR NOT NULL, version INTEGER NOT NULL, status VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL, run_id VARCHAR NOT NULL, run_user VARCHAR NOT NULL,
    description VARCHAR NOT NULL, is_approved BOOLEAN NOT NULL, is_rolled_back BOOLEAN NOT NULL,
    validated_by VARCHAR NOT NULL, tags MAP(VARCHAR, VARCHAR) NOT NULL,
    metrics MAP(VARCHAR, DOUBLE) NOT NULL, params MAP(VARCHAR, VARCHAR) NOT NULL,
    datasets STRUCT(name VARCHAR, digest VARCHAR, context VARCHAR, source VARCHAR)[] NOT NULL,
    artifacts VARCHAR[] NOT NULL,
    source_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (model, version)
);

CREATE TABLE model_alias (
    model VARCHAR NOT NULL, alias VARCHAR NOT NULL, version INTEGER NOT NULL,
    since TIMESTAMP NOT NULL,            -- when we first saw it there
    source_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (model, alias)
);

-- MLflow keeps no alias history; this journal of every move seen is the only one.
CREATE TABLE model_alias_move (
    model VARCHAR NOT NULL, alias VARCHAR NOT NULL, from_version INTEGER, to_version INTEGER,
    "at" TIMESTAMP NOT NULL, decision_id VARCHAR NOT NULL, -- empty: no decision of ours explains it
    rev BIGINT NOT NULL
);

CREATE TABLE reading (
    subject_kind VARCHAR NOT NULL, subject VARCHAR NOT NULL, metric VARCHAR NOT NULL,
    metric_class VARCHAR NOT NULL, segment VARCHAR NOT NULL, version INTEGER,
    "at" TIMESTAMP NOT NULL, value DOUBLE NOT NULL, unit VARCHAR NOT NULL,
    threshold DOUBLE, direction VARCHAR NOT NULL, is_breach BOOLEAN NOT NULL,
    window_seconds INTEGER, sample_size BIGINT,
    source_id VARCHAR NOT NULL, seen_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL
);

CREATE TABLE control (
    id VARCHAR NOT NULL, title VARCHAR NOT NULL, pillar VARCHAR NOT NULL, severity TINYINT NOT NULL,
    frameworks VARCHAR NOT NULL,         -- JSON object: framework → list of requirement ids
    verdict VARCHAR NOT NULL, message VARCHAR NOT NULL, passed INTEGER NOT NULL,
    failed INTEGER NOT NULL, "at" TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE control_row (
    control_id VARCHAR NOT NULL, ordinal INTEGER NOT NULL, resource VARCHAR NOT NULL,
    status VARCHAR NOT NULL, reason VARCHAR NOT NULL, dimensions VARCHAR NOT NULL, -- JSON object
    rev BIGINT NOT NULL,
    PRIMARY KEY (control_id, ordinal)
);

-- The KPIs as they were defined when this generation was judged.
CREATE TABLE kpi (
    id VARCHAR NOT NULL, ordinal INTEGER NOT NULL, -- the headline of its pillar comes first
    pillar VARCHAR NOT NULL, title VARCHAR NOT NULL, definition VARCHAR NOT NULL,
    unit VARCHAR NOT NULL, target DOUBLE NOT NULL, direction VARCHAR NOT NULL,
    max_age_seconds BIGINT,              -- older inputs make it stale; NULL: their age does not matter
    rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE kpi_reading (
    kpi_id VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, value DOUBLE, sample INTEGER NOT NULL,
    state VARCHAR NOT NULL, as_of TIMESTAMP, rev BIGINT NOT NULL
);

-- Money at risk per pillar over time, for the change since yesterday and the trend.
CREATE TABLE exposure_reading (
    pillar VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, expected DECIMAL(18, 2) NOT NULL,
    waived DECIMAL(18, 2) NOT NULL, driver VARCHAR NOT NULL, driver_amount DECIMAL(18, 2) NOT NULL,
    rev BIGINT NOT NULL
);

-- Projections of the ledger. Rebuilt from it at any time; never the truth.
CREATE TABLE ledger_entry (
    hash VARCHAR NOT NULL, chain VARCHAR NOT NULL, seq INTEGER NOT NULL, ts TIMESTAMP NOT NULL,
    actor VARCHAR NOT NULL, key_fp VARCHAR NOT NULL, type VARCHAR NOT NULL,
    subject VARCHAR NOT NULL,            -- finding id, model name or request hash; may be empty
    summary VARCHAR NOT NULL, data VARCHAR NOT NULL, -- canonical JSON
    rev BIGINT NOT NULL,
    PRIMARY KEY (hash)
);

CREATE TABLE waiver (
    id VARCHAR NOT NULL,                 -- hash of the request's or the grant's entry
    state VARCHAR NOT NULL,              -- requested | granted | rejected | revoked | expired
    reason VARCHAR NOT NULL, justification VARCHAR NOT NULL, requester VARCHAR NOT NULL,
    approver VARCHAR NOT NULL, requested_at TIMESTAMP NOT NULL, decided_at TIMESTAMP,
    expires_at TIMESTAMP NOT NULL, rule VARCHAR NOT NULL, query VARCHAR NOT NULL,
    finding_count INTEGER NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE waiver_finding (
    waiver_id VARCHAR NOT NULL, finding_id VARCHAR NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (waiver_id, finding_id)
);

CREATE TABLE action (
    id VARCHAR NOT NULL,                 -- hash of the deciding entry
    kind VARCHAR NOT NULL, source VARCHAR NOT NULL, target VARCHAR NOT NULL,
    params VARCHAR NOT NULL,             -- JSON object
    state VARCHAR NOT NULL,              -- pending | sent | done | pending_upstream | refused | unknown
    message VARCHAR NOT NULL, decided_by VARCHAR NOT NULL, decided_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE source (
    name VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    state VARCHAR NOT NULL,              -- ok | partial | failed | never
    last_attempt TIMESTAMP, last_success TIMESTAMP, cursor VARCHAR NOT NULL,
    rows BIGINT NOT NULL, pages INTEGER NOT NULL, is_truncated BOOLEAN NOT NULL,
    message VARCHAR NOT NULL, hint VARCHAR NOT NULL, rev BIGINT NOT NULL,
    PRIMARY KEY (name)
);
