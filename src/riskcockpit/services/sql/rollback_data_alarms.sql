-- Titles of open findings about the data a model sees: its own, or of the data sets named.
-- params: model VARCHAR, datasets VARCHAR[]
-- returns: title
SELECT title
FROM finding
WHERE class = 'data' AND state IN ('open', 'triage', 'pending_waiver')
    AND (model = $model OR asset IN (SELECT unnest($datasets))
        OR resource IN (SELECT unnest($datasets)))
ORDER BY severity DESC, title
LIMIT 5
