-- Fails when a regular expression does not compile; in the same form as queries use it.
-- params: pattern VARCHAR
-- returns: is_match
SELECT regexp_matches(text, $pattern, 'i') AS is_match
FROM (VALUES ('x')) AS sample (text)
