-- What happened to a model, newest first: versions, alias moves, ledger entries, findings.
-- params: model VARCHAR, most INTEGER
-- returns: at (UTC), kind, subject, detail, before, after; their meaning depends on kind
SELECT "at", kind, subject, detail, before, after
FROM (
    SELECT
        move."at", 'alias' AS kind, move.alias AS subject, move.decision_id AS detail,
        CAST(move.from_version AS VARCHAR) AS before, CAST(move.to_version AS VARCHAR) AS after
    FROM model_alias_move AS move
    WHERE move.model = $model
    UNION ALL
    SELECT v.created_at, 'version', CAST(v.version AS VARCHAR), v.run_user, v.validated_by, v.status
    FROM model_version AS v
    WHERE v.model = $model
    UNION ALL
    SELECT entry.ts, entry.type, entry.actor, entry.summary, NULL, entry.hash
    FROM ledger_entry AS entry
    WHERE entry.subject = $model
    UNION ALL
    SELECT event."at", 'finding', event.kind, finding.title, event.detail, finding.id
    FROM finding_event AS event
    JOIN finding ON finding.id = event.finding_id
    WHERE finding.model = $model AND event.kind <> 'seen'
) AS happening
ORDER BY "at" DESC, kind, subject
LIMIT $most
