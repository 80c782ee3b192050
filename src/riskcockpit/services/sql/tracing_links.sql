-- Which records are about the same delivery as each deployment to production: of the same commit,
-- of an image whose tag names that commit, or of the same set of artifacts (or a part of it, so that
-- an image that everything carries along relates nothing). One step further is followed: from an
-- image to the commit that it was built from. Records that began an hour after it say nothing of it.
-- Traced is what went out since a moment, and what serves a place now however long.
-- params: since TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO deployment_link (deployment_id, other_id, rev)
WITH known AS (
    SELECT
        id, commit_id, artifacts, at_place, coalesce(started_at, at_place) AS began,
        is_production AND status IN ('succeeded', 'failed') AND (
            at_place >= $since OR id IN (
                SELECT max_by(id, (at_place, id)) FROM deployment
                WHERE status = 'succeeded'
                GROUP BY source_id, asset, environment
            )
        ) AS is_traced
    FROM deployment
    WHERE status NOT IN ('waiting', 'stopped')
), commits AS (
    SELECT id, unnest(string_split(commit_id, ',')) AS word FROM known WHERE commit_id <> ''
), images AS (
    SELECT id, unnest(artifacts) AS image FROM known
), tags AS (
    SELECT id, unnest(regexp_extract_all(regexp_extract(image, ':([^/:@]+)(@|$)', 1), '[0-9a-f]{7,40}')) AS word
    FROM images
), related AS (
    SELECT a.id, b.id AS other
    FROM commits AS a
    JOIN commits AS b ON a.word = b.word AND a.id <> b.id
    WHERE length(a.word) >= 7
    UNION
    SELECT t.id, c.id AS other
    FROM tags AS t
    JOIN commits AS c ON left(c.word, 7) = left(t.word, 7) AND starts_with(c.word, t.word)
    UNION
    SELECT c.id, t.id AS other
    FROM tags AS t
    JOIN commits AS c ON left(c.word, 7) = left(t.word, 7) AND starts_with(c.word, t.word)
    UNION
    SELECT a.id, b.id AS other
    FROM images AS a
    JOIN images AS b ON a.image = b.image AND a.id <> b.id
    JOIN known AS x ON x.id = a.id
    JOIN known AS y ON y.id = b.id
    WHERE list_has_all(x.artifacts, y.artifacts) OR list_has_all(y.artifacts, x.artifacts)
), near AS (
    SELECT id, id AS other FROM known WHERE is_traced
    UNION
    SELECT r.id, r.other FROM related AS r JOIN known AS k ON k.id = r.id WHERE k.is_traced
    UNION
    SELECT r.id, s.other
    FROM related AS r
    JOIN known AS k ON k.id = r.id
    JOIN related AS s ON s.id = r.other
    JOIN commits AS m ON m.id = r.other
    JOIN commits AS n ON n.id = s.other AND n.word = m.word
    WHERE k.is_traced AND k.commit_id = ''
)
SELECT DISTINCT n.id, n.other, $rev
FROM near AS n
JOIN known AS d ON d.id = n.id
JOIN known AS o ON o.id = n.other
WHERE o.began <= d.at_place + INTERVAL 1 HOUR OR n.other = n.id
