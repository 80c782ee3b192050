-- Writes down how a source stands; without a success its last success, cursor and counts stay;
-- without a pass from the start (full_at NULL) the moment of the last one stays.
-- params: name VARCHAR, kind VARCHAR, state VARCHAR, now TIMESTAMP, is_success BOOLEAN,
--    cursor VARCHAR, rows BIGINT, pages INTEGER, is_truncated BOOLEAN, message VARCHAR,
--    hint VARCHAR, full_at TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO source (
    name, kind, state, last_attempt, last_success, cursor, rows, pages, is_truncated, message,
    hint, full_at, rev
)
VALUES (
    $name, $kind, $state, $now, CASE WHEN $is_success THEN $now END, $cursor, $rows, $pages,
    $is_truncated, $message, $hint, $full_at, $rev
)
ON CONFLICT (name) DO UPDATE SET
    kind = excluded.kind,
    state = excluded.state,
    last_attempt = excluded.last_attempt,
    last_success = coalesce(excluded.last_success, source.last_success),
    cursor = CASE WHEN $is_success THEN excluded.cursor ELSE source.cursor END,
    rows = CASE WHEN $is_success THEN excluded.rows ELSE source.rows END,
    pages = CASE WHEN $is_success THEN excluded.pages ELSE source.pages END,
    is_truncated = excluded.is_truncated,
    message = excluded.message,
    hint = excluded.hint,
    full_at = coalesce(excluded.full_at, source.full_at),
    rev = excluded.rev
