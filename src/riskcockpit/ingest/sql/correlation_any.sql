-- Whether there may be groups across tools at all, or were any: mostly there is one tool.
-- params: none
-- returns: is_any
SELECT coalesce(min(tool) <> max(tool) OR max(correlation) <> '', false) FROM finding
