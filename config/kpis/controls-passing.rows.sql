SELECT id AS item, CAST(NULL AS DOUBLE) AS value, "at", format('{}, {} failing: ', verdict, failed) || title AS note
FROM control
WHERE verdict <> 'no_data'
ORDER BY verdict = 'ok', id
