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
), own AS (
    -- the image of each record that the fewest assets carry; one that many carry relates nothing
    SELECT i.id, arg_min(i.image, (c.assets, i.image)) AS image
    FROM images AS i
    JOIN (
        SELECT i.image, count(DISTINCT (d.source_id, d.asset)) AS assets
        FROM images AS i
        JOIN deployment AS d ON d.id = i.id
        GROUP BY i.image
        HAVING count(DISTINCT (d.source_id, d.asset)) <= 5
    ) AS c ON c.image = i.image
    GROUP BY i.id
), contained AS (
    SELECT o.id AS small, i.id AS big
    FROM own AS o
    JOIN images AS i ON i.image = o.image AND i.id <> o.id
    JOIN known AS x ON x.id = o.id
    JOIN known AS y ON y.id = i.id
    WHERE list_has_all(y.artifacts, x.artifacts)
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
    SELECT small AS id, big AS other FROM contained
    UNION
    SELECT big AS id, small AS other FROM contained
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
