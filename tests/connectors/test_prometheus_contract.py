"""The Prometheus connector keeps the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from riskcockpit.connectors.contract import NOW, HttpConnectorContract
from riskcockpit.connectors.prometheus.connector import PrometheusConnector
from riskcockpit.connectors.reply import Asked, Reply


class TestPrometheus(HttpConnectorContract):
    connector = PrometheusConnector
    options: Mapping[str, Any] = {
        "queries": [
            {"query": "model_accuracy", "metric": "accuracy", "metric_class": "accuracy"},
            {
                "query": "model_feature_psi",
                "metric": "psi",
                "metric_class": "drift",
                "range_step": "5s",
                "first_range": "16h",  # 11,521 points: two requests
            },
        ]
    }
    expected_items = 3

    def answer(self, asked: Asked) -> Reply:
        labels = {"model": "fraud", "version": "3"}
        if asked.path == "/api/v1/query":
            result = [{"metric": labels, "value": [NOW.timestamp(), "0.91"]}]
            data = {"resultType": "vector", "result": result}
        else:
            end = float(asked.params["end"])
            data = {
                "resultType": "matrix",
                "result": [{"metric": labels, "values": [[end, "0.2"]]}],
            }
        return Reply(200, json.dumps({"status": "success", "data": data}).encode())
