-- Give each finding the price of its class, severity, tier and known exploitation; none once it is
-- fixed or false, or while the version of a model that it names does not serve. Of one fault that
-- several tools see, those of the tool that comes to the most are priced.
-- params: rev BIGINT
-- returns: count of changed findings
UPDATE finding
SET exposure = priced.amount, rev = $rev
FROM (
    WITH replaced AS (
        SELECT f.rowid AS row_id
        FROM finding AS f
        JOIN model_alias AS s ON s.model = f.model AND s.alias = 'champion'
        WHERE f.class = 'model' AND f.package_version <> ''
            AND try_cast(ltrim(f.package_version, 'v') AS INTEGER) <> s.version
    ), worth AS NOT MATERIALIZED (
        SELECT
            f.rowid AS row_id, f.correlation, f.tool, f.state,
            CASE
                WHEN r.row_id IS NULL AND f.state IN ('open', 'triage', 'pending_waiver', 'waived') THEN p.amount
                ELSE 0
            END AS amount
        FROM finding AS f
        LEFT JOIN replaced AS r ON r.row_id = f.rowid
        LEFT JOIN asset AS a ON a.name = f.asset
        LEFT JOIN model AS m ON m.name = f.model
        JOIN price_list AS p
            ON p.class = f.class AND p.severity = f.severity AND p.is_kev = f.is_kev
            AND p.tier = coalesce(m.tier, a.tier, 3)
    ), told AS (
        SELECT
            correlation, tool,
            coalesce(sum(amount) FILTER (WHERE state <> 'waived'), 0) AS live,
            sum(amount) AS whole
        FROM worth
        WHERE correlation <> ''
        GROUP BY correlation, tool
    ), counted AS (
        SELECT correlation, arg_max(tool, (live, whole, tool)) AS tool
        FROM told
        GROUP BY correlation
    ), elsewhere AS (
        SELECT w.row_id
        FROM worth AS w
        JOIN counted AS c ON c.correlation = w.correlation
        WHERE w.correlation <> '' AND w.tool <> c.tool
    )
    SELECT w.row_id, CASE WHEN e.row_id IS NULL THEN w.amount ELSE 0 END AS amount
    FROM worth AS w
    LEFT JOIN elsewhere AS e ON e.row_id = w.row_id
) AS priced
WHERE finding.rowid = priced.row_id AND finding.exposure <> priced.amount
