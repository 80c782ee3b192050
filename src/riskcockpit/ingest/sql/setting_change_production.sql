-- Settles the same for the changes of settings.
-- params: rev BIGINT
-- returns: nothing
UPDATE setting_change
SET is_production = s.is_production, rev = $rev
FROM setting AS s
WHERE s.source_id = setting_change.source_id AND s.kind = setting_change.kind
    AND s.asset = setting_change.asset AND s.name = setting_change.name
    AND s.is_production <> setting_change.is_production
