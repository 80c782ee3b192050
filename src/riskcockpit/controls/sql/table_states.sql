-- The state of each table that a control may read: it differs when a row was written or removed.
-- Every row written carries the generation, but some updates of findings do not: who makes them
-- writes a scan, an event or knowledge beside it, so that these count for findings as well.
-- params: none
-- returns: table_name, state
WITH counted AS (
    SELECT 'action' AS table_name, count(*) AS n, max(rev) AS newest FROM action
    UNION ALL SELECT 'asset', count(*), max(rev) FROM asset
    UNION ALL SELECT 'catalogue_entry', count(*), 0 FROM catalogue_entry
    UNION ALL SELECT 'control_evidence', count(*), max(rev) FROM control_evidence
    UNION ALL SELECT 'deployment', count(*), max(rev) FROM deployment
    UNION ALL SELECT 'deployment_approval', count(*), max(rev) FROM deployment_approval
    UNION ALL SELECT 'deployment_gap', count(*), max(rev) FROM deployment_gap
    UNION ALL SELECT 'deployment_link', count(*), max(rev) FROM deployment_link
    UNION ALL SELECT 'deployment_subject', count(*), max(rev) FROM deployment_subject
    UNION ALL SELECT 'document', count(*), max(rev) FROM document
    UNION ALL SELECT 'drill', count(*), max(rev) FROM drill
    UNION ALL SELECT 'enrichment', count(*), max(rev) FROM enrichment
    UNION ALL SELECT 'epss_score', count(*), 0 FROM epss_score
    UNION ALL SELECT 'exposure_reading', count(*), max(rev) FROM exposure_reading
    UNION ALL SELECT 'finding', count(*), max(rev) FROM finding
    UNION ALL SELECT 'finding_alias', count(*), max(rev) FROM finding_alias
    UNION ALL SELECT 'finding_event', count(*), max(rev) FROM finding_event
    UNION ALL SELECT 'finding_location', count(*), max(rev) FROM finding_location
    UNION ALL SELECT 'finding_sighting', count(*), max(rev) FROM finding_sighting
    UNION ALL SELECT 'finding_vex', count(*), max(rev) FROM finding_vex
    UNION ALL SELECT
        'glass_broken', count(*),
        max(epoch_us(greatest(decided_at, reviewed_at, ended_at)))
    FROM glass_broken
    UNION ALL SELECT 'held_closure', count(*), max(rev) FROM held_closure
    UNION ALL SELECT 'http_validator', count(*), max(rev) FROM http_validator
    UNION ALL SELECT 'identity_decision', count(*), max(rev) FROM identity_decision
    UNION ALL SELECT 'identity_past', count(*), max(rev) FROM identity_past
    UNION ALL SELECT 'incident', count(*), max(rev) FROM incident
    UNION ALL SELECT 'incident_alert', count(*), max(rev) FROM incident_alert
    UNION ALL SELECT 'incident_event', count(*), max(rev) FROM incident_event
    UNION ALL SELECT 'kev_entry', count(*), 0 FROM kev_entry
    UNION ALL SELECT 'kpi', count(*), max(rev) FROM kpi
    UNION ALL SELECT 'kpi_reading', count(*), max(rev) FROM kpi_reading
    UNION ALL SELECT 'ledger_entry', count(*), max(rev) FROM ledger_entry
    UNION ALL SELECT 'model', count(*), max(rev) FROM model
    UNION ALL SELECT 'model_alias', count(*), max(rev) FROM model_alias
    UNION ALL SELECT 'model_alias_move', count(*), max(rev) FROM model_alias_move
    UNION ALL SELECT 'model_version', count(*), max(rev) FROM model_version
    UNION ALL SELECT 'owner_rule', count(*), 0 FROM owner_rule
    UNION ALL SELECT 'past_deadline', count(*), max(rev) FROM past_deadline
    UNION ALL SELECT 'path_owner', count(*), 0 FROM path_owner
    UNION ALL SELECT 'proposal', count(*), max(rev) FROM proposal
    UNION ALL SELECT 'quarantine', count(*), max(rev) FROM quarantine
    UNION ALL SELECT 'raw_record', count(*), max(rev) FROM raw_record
    UNION ALL SELECT 'reading', count(*), max(rev) FROM reading
    UNION ALL SELECT 'scan', count(*), max(rev) FROM scan
    UNION ALL SELECT 'setting', count(*), max(rev) FROM setting
    UNION ALL SELECT 'setting_change', count(*), max(rev) FROM setting_change
    UNION ALL SELECT 'source', count(*), max(rev) FROM source
    UNION ALL SELECT 'text_place', count(*), 0 FROM text_place
    UNION ALL SELECT 'text_wording', count(*), 0 FROM text_wording
    UNION ALL SELECT 'vex_statement', count(*), max(rev) FROM vex_statement
    UNION ALL SELECT 'vex_target', count(*), max(rev) FROM vex_target
    UNION ALL SELECT 'waived_span', count(*), max(rev) FROM waived_span
    UNION ALL SELECT 'waiver', count(*), max(rev) FROM waiver
    UNION ALL SELECT 'waiver_finding', count(*), max(rev) FROM waiver_finding
),
beside AS (
    SELECT string_agg(format('{}/{}', n, coalesce(newest, 0)), ' ' ORDER BY table_name) AS state
    FROM counted
    WHERE table_name IN ('enrichment', 'finding_event', 'identity_decision', 'scan', 'vex_statement')
)
SELECT
    c.table_name,
    CASE
        WHEN c.table_name = 'finding' THEN format('{}/{} {}', c.n, coalesce(c.newest, 0), b.state)
        ELSE format('{}/{}', c.n, coalesce(c.newest, 0))
    END AS state
FROM counted AS c, beside AS b
