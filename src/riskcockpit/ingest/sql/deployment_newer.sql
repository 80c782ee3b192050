-- Which incoming deployments are news: of each the newest observation, unless a newer one is known.
-- Of two observations of one moment the one that came further counts, so that order never matters.
-- params: none
-- returns: nothing
INSERT INTO newer_deployment (id, content)
WITH ranked AS (
    SELECT
        *,
        list_position(['waiting', 'running', 'stopped', 'failed', 'succeeded'], status) AS rank
    FROM incoming_deployment
    QUALIFY row_number() OVER (
        PARTITION BY id ORDER BY observed_at DESC, rank DESC, content DESC
    ) = 1
), known AS (
    SELECT
        id, observed_at, content,
        list_position(['waiting', 'running', 'stopped', 'failed', 'succeeded'], status) AS rank
    FROM deployment
    WHERE id IN (SELECT id FROM incoming_deployment)
)
SELECT ranked.id, ranked.content
FROM ranked
LEFT JOIN known ON known.id = ranked.id
WHERE known.id IS NULL
    OR (ranked.observed_at, ranked.rank, ranked.content)
        > (known.observed_at, known.rank, known.content)
