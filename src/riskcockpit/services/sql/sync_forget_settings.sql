-- Forgets the settings of sources that are configured no more: nobody looks at them.
-- params: names VARCHAR[]
-- returns: nothing
DELETE FROM setting WHERE source_id NOT IN (SELECT unnest($names))
