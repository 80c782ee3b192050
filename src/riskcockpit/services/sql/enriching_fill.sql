-- Stages what is known of findings with a vulnerability where it is not what they have: the highest
-- score of all their ids, the earliest listing of any, the sooner of both deadlines. A catalogue
-- judges those with a CVE id; it cannot name others, of which the tool's word stands. What is fixed
-- keeps its deadline.
-- params: is_all BOOLEAN, has_catalogue BOOLEAN, kev_days INTEGER, rev BIGINT
-- returns: count of findings
INSERT INTO enriched BY NAME
WITH touched AS (
    SELECT
        rowid AS row_id, id, vulnerability_ids AS ids, epss, epss_percentile, tool_epss, is_kev,
        tool_is_kev, kev_added, kev_due, is_ransomware, state, due_at, sla_due_at
    FROM finding
    WHERE ($is_all OR rev = $rev) AND vulnerability <> ''
),
each AS (
    SELECT ids, unnest(ids) AS id
    FROM (SELECT DISTINCT ids FROM touched)
),
known AS (
    SELECT
        each.ids,
        max(struct_pack(probability := s.probability, percentile := s.percentile))
            FILTER (s.vulnerability IS NOT NULL) AS score,
        min(k.added) AS added,
        min(k.due) AS due,
        min(coalesce(k.due, k.added + to_days($kev_days::INTEGER))) AS deadline,
        coalesce(bool_or(k.is_ransomware), false) AS is_ransomware,
        $has_catalogue AND bool_or(starts_with(each.id, 'CVE-')) AS is_judged
    FROM each
    LEFT JOIN epss_score AS s ON s.vulnerability = each.id
    LEFT JOIN kev_entry AS k ON k.vulnerability = each.id
    GROUP BY each.ids
),
wanted AS (
    SELECT
        t.row_id, t.id, t.state,
        coalesce(k.score.probability, t.tool_epss) AS epss,
        k.score.percentile AS epss_percentile,
        t.is_kev AS was_kev,
        CASE WHEN k.is_judged THEN k.added IS NOT NULL ELSE t.tool_is_kev END AS is_kev,
        t.kev_added AS old_added, k.added AS kev_added, k.due AS kev_due, k.is_ransomware,
        CASE
            WHEN t.state = 'fixed' THEN t.due_at ELSE least(t.sla_due_at, k.deadline)
        END AS due_at,
        t.epss AS old_epss, t.epss_percentile AS old_percentile, t.kev_due AS old_due,
        t.is_ransomware AS old_ransomware, t.due_at AS old_due_at
    FROM touched AS t
    JOIN known AS k ON k.ids = t.ids
)
SELECT
    row_id, id, epss, epss_percentile, was_kev, is_kev, old_added, kev_added, kev_due,
    is_ransomware, state, due_at
FROM wanted
WHERE epss IS DISTINCT FROM old_epss OR epss_percentile IS DISTINCT FROM old_percentile
    OR is_kev <> was_kev OR kev_added IS DISTINCT FROM old_added
    OR kev_due IS DISTINCT FROM old_due OR is_ransomware <> old_ransomware
    OR due_at IS DISTINCT FROM old_due_at
