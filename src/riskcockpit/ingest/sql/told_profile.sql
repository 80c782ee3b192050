-- Makes one number of all that results of a profile say alike. It covers whatever change_fill compares.
-- params: none
-- returns: nothing
INSERT INTO told_profile
SELECT
    profile,
    hash(
        rule, help_url, severity, severity_raw, severity_source, package_type, package_name,
        package_layer, package_version, fixed_version, vulnerability, vulnerability_ids, cwes,
        cvss, epss, is_kev, resource, pillar, owner, fingerprint_name
    ),
    needs_triage, is_suppressed
FROM profile
