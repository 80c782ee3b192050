-- Names the decision behind moves that were seen as one: of several that followed each other since the
-- alias was seen before, as where another computer decides, the last. Clocks may differ by five minutes.
-- params: rev BIGINT
-- returns: nothing
UPDATE model_alias_move
SET decision_id = wanted.action_id, rev = $rev
FROM (
    WITH RECURSIVE decided AS (
        SELECT
            model, alias, from_version, to_version, sent, action_id,
            row_number() OVER (PARTITION BY model, alias ORDER BY sent, action_id) AS nth
        FROM projected_move
        WHERE confirmed IS NOT NULL
    ),
    open_move AS (
        SELECT
            m.model, m.alias, m.from_version, m.to_version, m."at",
            coalesce(max(b."at"), TIMESTAMP '0001-01-02') - INTERVAL 5 MINUTE AS since
        FROM model_alias_move AS m
        LEFT JOIN model_alias_move AS b ON b.model = m.model AND b.alias = m.alias AND b.rev < m.rev
        WHERE m.decision_id = '' AND m.from_version IS NOT NULL AND m.to_version IS NOT NULL
        GROUP BY ALL
    ),
    chain AS (
        SELECT o.*, d.to_version AS reached, d.nth, d.sent, d.action_id
        FROM open_move AS o
        JOIN decided AS d
            ON d.model = o.model AND d.alias = o.alias AND d.from_version = o.from_version
            AND d.sent BETWEEN o.since AND o."at"
        UNION ALL
        SELECT
            c.model, c.alias, c.from_version, c.to_version, c."at", c.since, d.to_version, d.nth, d.sent,
            d.action_id
        FROM chain AS c
        JOIN decided AS d
            ON d.model = c.model AND d.alias = c.alias AND d.nth = c.nth + 1
            AND d.from_version = c.reached AND d.sent <= c."at"
    )
    SELECT c.model, c.alias, c.from_version, c.to_version, c."at", arg_max(c.action_id, (c.nth, c.action_id)) AS action_id
    FROM chain AS c
    WHERE c.reached = c.to_version
        AND NOT EXISTS (
            SELECT 1 FROM decided AS d
            WHERE d.model = c.model AND d.alias = c.alias AND d.nth > c.nth AND d.sent <= c."at"
        )
    GROUP BY ALL
) AS wanted
WHERE model_alias_move.model = wanted.model AND model_alias_move.alias = wanted.alias
    AND model_alias_move.from_version = wanted.from_version
    AND model_alias_move.to_version = wanted.to_version AND model_alias_move."at" = wanted."at"
