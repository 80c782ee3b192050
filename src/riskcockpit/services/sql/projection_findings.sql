-- Puts findings into the state that the waivers in force give them, and back when none covers them.
-- A waiver covers a finding as it was: not one that became worse, listed as exploited or came back.
-- Where none covers one any more, the VEX statement in force has its say again.
-- params: rev BIGINT
-- returns: nothing
UPDATE finding
SET state = wanted.state, waived_until = wanted.until, waiver_id = wanted.waiver_id, rev = $rev
FROM (
    WITH known AS (
        SELECT cover.*, coalesce(f.id, alias.finding_id) AS known_id
        FROM projected_cover AS cover
        LEFT JOIN finding AS f ON f.id = cover.finding_id
        LEFT JOIN finding_alias AS alias ON f.id IS NULL AND alias.key = cover.finding_id
    ),
    holding AS (
        SELECT
            known.known_id AS id,
            arg_max(struct_pack(state := known.state, waiver_id := known.waiver_id,
                                until := known.until),
                    struct_pack(is_granted := known.state <> 'pending_waiver',
                                until := known.until, waiver_id := known.waiver_id)) AS best
        FROM known
        JOIN finding AS f ON f.id = known.known_id
        WHERE f.severity <= known.severity
            AND (known.is_kev OR NOT f.is_kev)
            AND (f.reopened_at IS NULL OR f.reopened_at <= known.since)
        GROUP BY known.known_id
    )
    SELECT
        f.id,
        CASE
            WHEN f.state IN ('fixed', 'suppressed_at_source') THEN f.state
            WHEN holding.id IS NOT NULL THEN holding.best.state
            WHEN f.state IN ('waived', 'false_positive', 'pending_waiver') THEN CASE said.status
                WHEN 'not_affected' THEN 'suppressed_at_source'
                WHEN 'under_investigation' THEN 'triage'
                ELSE 'open' END
            ELSE f.state
        END AS state,
        CASE WHEN f.state IN ('fixed', 'suppressed_at_source')
                OR holding.best.state = 'pending_waiver'
            THEN NULL ELSE holding.best.until END AS until,
        CASE WHEN f.state IN ('fixed', 'suppressed_at_source')
            THEN '' ELSE coalesce(holding.best.waiver_id, '') END AS waiver_id
    FROM finding AS f
    LEFT JOIN holding ON holding.id = f.id
    LEFT JOIN finding_vex AS said ON said.finding_id = f.id
    WHERE holding.id IS NOT NULL OR f.waiver_id <> '' OR f.waived_until IS NOT NULL
        OR f.state IN ('waived', 'false_positive', 'pending_waiver')
) AS wanted
WHERE finding.id = wanted.id
    AND (finding.state IS DISTINCT FROM wanted.state
        OR finding.waived_until IS DISTINCT FROM wanted.until
        OR finding.waiver_id IS DISTINCT FROM wanted.waiver_id)
