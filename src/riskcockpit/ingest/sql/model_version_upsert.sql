-- Takes over what the registry says of versions.
-- params: source_id VARCHAR, now TIMESTAMP, rev BIGINT
-- returns: nothing
INSERT INTO model_version (
    model, version, status, created_at, run_id, run_user, description, is_approved,
    is_rolled_back, validated_by, tags, metrics, params, datasets, artifacts, source_id, seen_at,
    rev
)
SELECT
    model, version, status, created_at, run_id, run_user, description, is_approved,
    is_rolled_back, validated_by, tags, metrics, params,
    list_transform(
        range(len(dataset_names)),
        lambda i: struct_pack(
            name := dataset_names[i + 1], digest := dataset_digests[i + 1],
            context := dataset_contexts[i + 1], source := dataset_sources[i + 1]
        )
    ),
    artifacts, $source_id, $now, $rev
FROM incoming_version
ON CONFLICT (model, version) DO UPDATE
SET status = excluded.status, created_at = excluded.created_at, run_id = excluded.run_id,
    run_user = excluded.run_user, description = excluded.description,
    is_approved = excluded.is_approved, is_rolled_back = excluded.is_rolled_back,
    validated_by = excluded.validated_by, tags = excluded.tags, metrics = excluded.metrics,
    params = excluded.params, datasets = excluded.datasets, artifacts = excluded.artifacts,
    source_id = excluded.source_id, seen_at = excluded.seen_at, rev = excluded.rev
