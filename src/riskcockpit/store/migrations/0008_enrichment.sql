-- What is known of findings from elsewhere: scores, catalogues, owners; dated, replaced file by file.
CREATE TABLE enrichment (
    kind VARCHAR NOT NULL,               -- epss | kev | codeowners | backstage
    subject VARCHAR NOT NULL,            -- asset or file it is about; empty for all findings
    version VARCHAR NOT NULL, dated TIMESTAMP NOT NULL, imported_at TIMESTAMP NOT NULL,
    rows BIGINT NOT NULL, content_hash VARCHAR NOT NULL, rev BIGINT NOT NULL
);

CREATE TABLE epss_score (
    vulnerability VARCHAR NOT NULL, probability DOUBLE NOT NULL, percentile DOUBLE NOT NULL
);

CREATE TABLE kev_entry (
    vulnerability VARCHAR NOT NULL, added TIMESTAMP NOT NULL, due TIMESTAMP,
    is_ransomware BOOLEAN NOT NULL
);

-- The lines of CODEOWNERS files; of several that match the last counts.
CREATE TABLE owner_rule (
    asset VARCHAR NOT NULL, ordinal INTEGER NOT NULL, pattern VARCHAR NOT NULL,
    owners VARCHAR[] NOT NULL
);

-- Who owns each path with findings, as the rules of its asset say; empty when they say nobody.
CREATE TABLE path_owner (
    asset VARCHAR NOT NULL, path VARCHAR NOT NULL, owners VARCHAR[] NOT NULL
);

CREATE TABLE catalogue_entry (
    subject VARCHAR NOT NULL, name VARCHAR NOT NULL,
    names VARCHAR[] NOT NULL,            -- in lower case: its own first, then its aliases
    owner VARCHAR NOT NULL, domain VARCHAR NOT NULL, environment VARCHAR NOT NULL, tier TINYINT
);

-- What the tool, the settings and the deadlines of the house say by themselves; the columns of the
-- same name hold what counts.
ALTER TABLE finding ADD COLUMN tool_epss DOUBLE;
ALTER TABLE finding ADD COLUMN tool_is_kev BOOLEAN;
ALTER TABLE finding ADD COLUMN settings_owner VARCHAR;
ALTER TABLE finding ADD COLUMN sla_due_at TIMESTAMP;
-- What the scores and the catalogue say; NULL when they say nothing of it.
ALTER TABLE finding ADD COLUMN epss_percentile DOUBLE;
ALTER TABLE finding ADD COLUMN kev_added TIMESTAMP;
ALTER TABLE finding ADD COLUMN kev_due TIMESTAMP;
ALTER TABLE finding ADD COLUMN is_ransomware BOOLEAN;
UPDATE finding
SET tool_epss = epss, tool_is_kev = is_kev, settings_owner = owner, sla_due_at = due_at,
    is_ransomware = false;

-- What a service catalogue filled in where settings and sources are silent; empty or NULL when
-- nothing.
ALTER TABLE asset ADD COLUMN catalogue_owner VARCHAR;
ALTER TABLE asset ADD COLUMN catalogue_domain VARCHAR;
ALTER TABLE asset ADD COLUMN catalogue_environment VARCHAR;
ALTER TABLE asset ADD COLUMN catalogue_tier TINYINT;
ALTER TABLE asset ADD COLUMN tier_before TINYINT; -- the tier without the catalogue's
