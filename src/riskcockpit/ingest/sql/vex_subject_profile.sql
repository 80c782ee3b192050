-- Names what the results of scans are about, as VEX statements would call it.
-- params: none
-- returns: nothing
INSERT INTO vex_subject
SELECT
    profile::VARCHAR, '', asset, package_type, package_name, package_version, vulnerability_ids
FROM profile
WHERE len(vulnerability_ids) > 0
