-- Finds all statements that speak of a subject: same vulnerability under any id, same package in a
-- version that is meant, same asset if one is named. Of several the newest is in force.
-- params: none
-- returns: nothing
INSERT INTO vex_match
WITH said AS (
    SELECT id AS statement_id, status, words, said_at, rev, unnest(vulnerability_ids) AS vulnerability
    FROM vex_statement
), named AS (
    SELECT
        id, asset, package_type, package_name, unnest(vulnerability_ids) AS vulnerability,
        regexp_replace(package_version, '^([vV]|0:)', '') AS bare
    FROM vex_subject
), numbered AS (
    SELECT
        *,
        CASE WHEN regexp_full_match(bare, '[0-9]{1,9}(\.[0-9]{1,9}){0,7}') THEN
            string_split(regexp_replace(bare, '(\.0+)+$', ''), '.')::INTEGER[]
        END AS version
    FROM named
), pairs AS (
    SELECT DISTINCT
        numbered.id, said.statement_id, said.status, said.words, said.said_at, said.rev
    FROM said
    JOIN numbered ON numbered.vulnerability = said.vulnerability
    JOIN vex_target AS target ON target.statement_id = said.statement_id
    WHERE (
            target.product = '' OR numbered.asset = target.product
            OR ends_with(numbered.asset, '/' || target.product)
        )
        AND (
            target.package_name = ''
            OR (
                target.package_type = numbered.package_type
                AND target.package_name = numbered.package_name
                AND (target.package_version = '' OR target.package_version = numbered.bare)
                AND (
                    target.low IS NULL OR numbered.version > target.low
                    OR (target.has_low AND numbered.version = target.low)
                )
                AND (
                    target.high IS NULL OR numbered.version < target.high
                    OR (target.has_high AND numbered.version = target.high)
                )
            )
        )
)
SELECT
    id, statement_id, status, words, said_at,
    row_number() OVER (PARTITION BY id ORDER BY said_at DESC, rev DESC, statement_id) = 1
FROM pairs
