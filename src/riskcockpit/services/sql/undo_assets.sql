-- Assets that sources name, and those that no import brought.
-- params: none
-- returns: the columns of asset
SELECT *
FROM asset
WHERE source_id <> 'import'
