-- Takes out the settings of a source that a complete pass did not show: they are not there any more.
-- Of an asset of which something cannot be read all stay.
-- params: source_id VARCHAR
-- returns: nothing
DELETE FROM setting
WHERE source_id = $source_id AND NOT EXISTS (
    FROM incoming_setting AS i
    WHERE i.kind = setting.kind AND i.asset = setting.asset
        AND (i.name = setting.name OR i.value IS NULL)
)
