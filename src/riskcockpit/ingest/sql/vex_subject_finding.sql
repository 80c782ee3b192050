-- Names what findings are about, as VEX statements would call it.
-- params: scope VARCHAR, is_all BOOLEAN
-- returns: nothing
INSERT INTO vex_subject
SELECT id, asset, package_type, package_name, package_version, vulnerability_ids
FROM finding
WHERE len(vulnerability_ids) > 0 AND ($is_all OR scope = $scope)
