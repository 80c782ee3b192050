"""The sources of result files keep the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.contract import ConnectorContract, HttpConnectorContract
from riskcockpit.connectors.dbt.connector import DbtConnector
from riskcockpit.connectors.evidently.connector import EvidentlyConnector
from riskcockpit.connectors.great_expectations.connector import GreatExpectationsConnector
from riskcockpit.connectors.nannyml.connector import NannymlConnector
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.connectors.soda.connector import SodaConnector
from support.results import (
    as_csv,
    evidently_metric,
    evidently_report,
    evidently_snapshot,
    evidently_test,
    expectation,
    nannyml_frame,
    validation,
)

DRIFT = evidently_metric("ValueDrift", 0.3, evidently_test("FAIL"), method="psi", threshold=0.1)


class _InDirectory(ConnectorContract):
    """Two files with a reading each, and one that is not of the tool's kind."""

    contents: Mapping[str, bytes] = {}
    expected_items = 2

    @pytest.fixture(autouse=True)
    def _files(self, tmp_path: Path) -> None:
        for name, content in self.contents.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(content)
        self.options = {"paths": [str(tmp_path)]}


class TestEvidentlyFiles(_InDirectory):
    connector = EvidentlyConnector
    contents: Mapping[str, bytes] = {
        "report.json": json.dumps(evidently_report(DRIFT)).encode(),
        "snapshot.json": json.dumps(evidently_snapshot(DRIFT)).encode(),
        "other.txt": b"no",
    }


class TestNannyml(_InDirectory):
    connector = NannymlConnector
    contents: Mapping[str, bytes] = {
        "estimated.csv": as_csv(nannyml_frame({("accuracy", "value"): [0.9, 0.8]})),
    }


class TestGreatExpectations(_InDirectory):
    connector = GreatExpectationsConnector
    contents: Mapping[str, bytes] = {
        f"{name}.json": json.dumps(
            validation(
                expectation("x", success=True, result={"unexpected_percent": 0.0}),
                validation_time=f"2026-03-0{day}T10:00:00Z",
            )
        ).encode()
        for day, name in enumerate(("a", "b"), 1)
    }  # fmt: skip


class TestDbt(_InDirectory):
    connector = DbtConnector
    contents: Mapping[str, bytes] = {
        f"{name}/run_results.json": json.dumps(
            {
                "metadata": {
                    "dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
                    "generated_at": "2026-03-01T10:00:00Z",
                },
                "results": [{"unique_id": f"test.{name}.x.1", "status": "pass", "failures": 0}],
            }
        ).encode()
        for name in ("bank", "branch")
    }  # fmt: skip


class TestSoda(_InDirectory):
    connector = SodaConnector
    contents: Mapping[str, bytes] = {
        "scan.json": json.dumps(
            {
                "hasErrors": False,
                "scanEndTimestamp": "2026-03-01T10:00:00+00:00",
                "checks": [
                    {
                        "name": name,
                        "table": "loans",
                        "outcome": "pass",
                        "diagnostics": {"value": 1, "fail": {"lessThan": 1}},
                    }
                    for name in ("row_count > 0", "duplicate_count(id) = 0")
                ],
            }
        ).encode()
    }


class TestEvidentlyServer(HttpConnectorContract):
    connector = EvidentlyConnector
    expected_items = 3

    def answer(self, asked: Asked) -> Reply:
        said: Any
        if asked.path == "/api/projects":
            said = [{"id": f"p{n}", "name": f"model-{n}"} for n in range(2)]
        elif asked.path.endswith("/snapshots"):
            count = 2 if "/p0/" in asked.path else 1
            said = [
                {"id": f"s{n}", "timestamp": f"2026-03-0{n + 1}T10:00:00.5", "metadata": {}}
                for n in range(count)
            ]
        else:
            assert asked.params == {"report_format": "json"}
            said = evidently_report(DRIFT)
        return Reply(200, json.dumps(said).encode())
