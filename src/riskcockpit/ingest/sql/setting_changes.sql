-- Which settings are not as they were seen last; one that is seen first has not changed.
-- params: source_id VARCHAR, now TIMESTAMP
-- returns: kind, asset, name, environment, from_value, to_value, at, seen_before
SELECT
    i.kind, i.asset, i.name, i.environment, s.value AS from_value, i.value AS to_value,
    CASE WHEN i.changed_at > s.seen_at AND i.changed_at <= $now THEN i.changed_at ELSE $now END
        AS "at",
    s.seen_at AS seen_before
FROM incoming_setting AS i
JOIN setting AS s
    ON s.source_id = $source_id AND s.kind = i.kind AND s.asset = i.asset AND s.name = i.name
WHERE s.value <> i.value  -- and not, where it cannot be read: that is NULL
ORDER BY i.kind, i.asset, i.name
