-- Where results of a scan stand that have the fingerprint, else the snippet, of one that no key
-- recognises. All that Python takes for white space is left out of snippets, and a little more: who
-- compares them there gets every result that is equal.
-- params: scan INTEGER
-- returns: rule, path, fingerprint_name, fingerprint, snippet
WITH alike AS (
    SELECT
        incoming.n, incoming.profile, incoming.path, incoming.fingerprint, incoming.snippet,
        coalesce(
            incoming.fingerprint,
            regexp_replace(incoming.snippet, '[\t-\r\x1c-\x1f\x{85}\p{Z}]+', '', 'g')
        ) AS evidence
    FROM incoming
    WHERE incoming.scan = $scan
)
SELECT DISTINCT
    profile.rule, alike.path, coalesce(profile.fingerprint_name, ''),
    coalesce(alike.fingerprint, ''), alike.snippet
FROM alike
JOIN profile ON profile.profile = alike.profile
WHERE alike.evidence <> ''
    AND alike.evidence IN (SELECT evidence FROM alike SEMI JOIN fresh ON fresh.n = alike.n)
