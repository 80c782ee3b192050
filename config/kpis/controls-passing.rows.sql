SELECT id AS item, CAST(failed AS DOUBLE) AS value, "at", verdict || ' ' || title AS note
FROM control
WHERE verdict <> 'no_data'
ORDER BY verdict = 'ok', id
