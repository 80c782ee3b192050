"""How MLflow writes models, versions and runs as JSON. Pure; the simulator's other half."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from riskcockpit.domain.model import ModelVersion, RegisteredModel

RUN_TAGS = ("validated_by",)
"""Tags of a version that MLflow keeps on its training run."""


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _millis(version: ModelVersion) -> int:
    return int(version.created_at.timestamp() * 1000)


def artifact_uri(version: ModelVersion) -> str:
    """Return where the artefacts of a version's run lie."""
    return f"mlflow-artifacts:/1/{version.run_id}/artifacts"


def model_document(model: RegisteredModel) -> dict[str, Any]:
    """Return a registered model as MLflow writes it; empty lists are left out."""
    created = min((_millis(version) for version in model.versions), default=0)
    answer: dict[str, Any] = {
        "name": model.name,
        "creation_timestamp": created,
        "last_updated_timestamp": max(map(_millis, model.versions), default=created),
    }
    if model.description:
        answer["description"] = model.description
    if model.versions:
        newest = max(model.versions, key=lambda version: version.version)
        answer["latest_versions"] = [version_document(model, newest)]
    if model.tags:
        answer["tags"] = _tags(model.tags)
    if model.aliases:
        answer["aliases"] = [
            {"alias": alias, "version": str(number)} for alias, number in model.aliases.items()
        ]
    return answer


def version_document(
    model: RegisteredModel, version: ModelVersion, *, aliases: bool = False
) -> dict[str, Any]:
    """Return a version as MLflow writes it; only some calls say which aliases point to it."""
    answer: dict[str, Any] = {
        "name": version.model,
        "version": str(version.version),
        "creation_timestamp": _millis(version),
        "last_updated_timestamp": _millis(version),
        "current_stage": "None",
        "description": version.description,
        "source": f"{artifact_uri(version)}/model",
        "run_id": version.run_id,
        "status": version.status,
        "run_link": "",
    }
    if tags := {key: value for key, value in version.tags.items() if key not in RUN_TAGS}:
        answer["tags"] = _tags(tags)
    here = [alias for alias, number in model.aliases.items() if number == version.version]
    if aliases and here:
        answer["aliases"] = here
    return answer


def metric_document(version: ModelVersion, key: str, value: float) -> dict[str, Any]:
    """Return one logged metric."""
    return {"key": key, "value": value, "timestamp": _millis(version), "step": 0}


def run_document(version: ModelVersion) -> dict[str, Any]:
    """Return the training run of a version, with its data sets."""
    own = {key: value for key, value in version.tags.items() if key in RUN_TAGS}
    tags = {"mlflow.user": version.run_user, "mlflow.runName": f"train-v{version.version}", **own}
    data: dict[str, Any] = {"tags": _tags(tags)}
    if version.metrics:
        data["metrics"] = [
            metric_document(version, key, value) for key, value in version.metrics.items()
        ]
    if version.params:
        data["params"] = _tags(version.params)
    inputs = [
        {
            "tags": _tags({"mlflow.data.context": ref.context}),
            "dataset": {
                "name": ref.name,
                "digest": ref.digest,
                "source_type": "s3",
                "source": json.dumps({"uri": ref.source}),
            },
        }
        for ref in version.datasets
    ]
    return {
        "info": {
            "run_uuid": version.run_id,
            "experiment_id": "1",
            "run_name": f"train-v{version.version}",
            "user_id": "",
            "status": "FINISHED",
            "start_time": _millis(version) - 1_800_000,
            "end_time": _millis(version),
            "artifact_uri": artifact_uri(version),
            "lifecycle_stage": "active",
            "run_id": version.run_id,
        },
        "data": data,
        "inputs": {"dataset_inputs": inputs} if inputs else {},
        "outputs": {},
    }
