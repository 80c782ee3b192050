-- What is known of each source that was ever pulled.
-- params: none
-- returns: name, kind, state, last_success, last_attempt (UTC), rows, pages (counts), is_truncated, message,
--    hint
SELECT name, kind, state, last_success, last_attempt, rows, pages, is_truncated, message, hint
FROM source
ORDER BY name
