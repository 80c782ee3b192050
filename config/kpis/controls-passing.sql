SELECT
    (count(*) FILTER (WHERE verdict = 'ok') * 100.0 / nullif(count(*), 0)) :: DOUBLE AS value,
    count(*) AS sample,
    max("at") AS as_of
FROM control
WHERE verdict <> 'no_data'
