"""The MLflow connector keeps the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from riskcockpit.connectors.contract import HttpConnectorContract
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.action import Action, ActionKind

_MODELS = ["aml", "churn", "fraud"]


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())


class TestMlflow(HttpConnectorContract):
    connector = MlflowConnector
    expected_items = 3
    acting_options: Mapping[str, Any] = {}
    actions = tuple(
        Action("e" * 32, kind, "up", "fraud@champion", params)
        for kind, params in (
            (ActionKind.MODEL_ROLLBACK, {"from": "10", "to": "9"}),
            (ActionKind.MODEL_PROMOTE, {"from": "9", "to": "10"}),
            (ActionKind.DEPLOYMENT_REJECT, {"version": "10"}),
        )
    )

    def answer(self, asked: Asked) -> Reply:
        call = asked.path.removeprefix("/api/2.0/mlflow/")
        is_second = asked.params.get("page_token") == "2"
        if call == "registered-models/search":
            page = [{"name": name} for name in (_MODELS[2:] if is_second else _MODELS[:2])]
            return _json({"registered_models": page, **({} if is_second else _NEXT)})
        if call == "model-versions/search":
            page = [
                {"name": name, "version": "10" if is_second else "9", "run_id": f"run-{name}"}
                for name in _MODELS
            ]
            return _json({"model_versions": page, **({} if is_second else _NEXT)})
        if call == "runs/get":
            return _json({"run": {"info": {"run_id": asked.params["run_id"]}}})
        if call == "artifacts/list":
            return _json({"root_uri": "x"})
        return _json({"error_code": "RESOURCE_DOES_NOT_EXIST"}, 404)


_NEXT = {"next_page_token": "2"}
