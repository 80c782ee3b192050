-- Findings that ask for work, per pillar.
-- params: none
-- returns: pillar, findings (count)
SELECT pillar, count(*) AS findings
FROM finding
WHERE state IN ('open', 'triage', 'pending_waiver')
GROUP BY pillar
