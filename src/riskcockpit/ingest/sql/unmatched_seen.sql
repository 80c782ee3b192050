-- Results of some scans that no key recognises, as they were staged.
-- params: scans INTEGER[]
-- returns: scan, n, path, line, col, title, snippet, fingerprint_name, fingerprint
SELECT
    fresh.scan, fresh.n, incoming.path, incoming.line, incoming.col, incoming.title,
    incoming.snippet, coalesce(profile.fingerprint_name, ''), coalesce(incoming.fingerprint, '')
FROM fresh
JOIN incoming ON incoming.n = fresh.n
JOIN profile ON profile.profile = incoming.profile
WHERE list_contains($scans, fresh.scan)
ORDER BY fresh.n
