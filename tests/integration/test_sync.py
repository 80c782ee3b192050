"""A sync of real servers and real files: one generation that knows the champion and its breach."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import pytest
import yaml

from riskcockpit.config.paths import Paths
from riskcockpit.services.context import Context
from riskcockpit.services.sync import sync
from support.caches import statement
from support.servers import running_mlflow, running_prometheus

pytestmark = pytest.mark.server


def test_servers_and_files_come_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    password = secrets.token_hex(12)
    monkeypatch.setenv("MLFLOW_PASSWORD", password)
    for name in ("mlflow", "prometheus", "reports"):
        (tmp_path / name).mkdir()
    with (
        running_mlflow(tmp_path / "mlflow", admin=password) as mlflow,
        running_prometheus(tmp_path / "prometheus") as prometheus,
    ):
        mlflow.model("fraud", owner="payments-ml", risk_tier="1")
        for _ in range(2):
            mlflow.version("fraud", tags={"validation_status": "approved"}, dataset=("cards", "d1"))
        mlflow.set_alias("fraud", "champion", 2)
        prometheus.exporter.set("model_accuracy", 0.71, model="fraud", version="2")
        prometheus.await_samples("model_accuracy", 1)
        _write_report(tmp_path / "reports" / "payments-api" / "scan.sarif")
        paths = Paths.under(tmp_path / "home")
        _write_settings(paths, mlflow.url, prometheus.url, tmp_path / "reports")
        ctx = Context.open(paths)
        report = sync(ctx)
        again = sync(ctx)
    assert [(s.name, s.state, s.message) for s in report.sources] == [
        ("reports", "ok", ""), ("registry", "ok", ""), ("metrics", "ok", ""),
    ]  # fmt: skip
    assert [source.state for source in again.sources] == ["ok", "ok", "ok"]
    assert again.sources[0].counts.new == 0
    with ctx.store.reader() as reader:
        findings = reader.rows(
            statement("SELECT asset, rule, class, state FROM finding ORDER BY class, rule")
        )
        champion = reader.one(
            statement("SELECT a.version, m.owner, m.tier FROM model_alias a JOIN model m"
                      " ON a.model = m.name WHERE a.alias = 'champion'")
        )  # fmt: skip
    assert [(asset, class_, state) for asset, _, class_, state in findings] == [
        ("payments-api", "code", "open"), ("fraud", "model", "open"),
    ]  # fmt: skip
    assert champion == (2, "payments-ml", 1)
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or password.encode() not in file.read_bytes(), file


def _write_report(path: Path) -> None:
    place = {"artifactLocation": {"uri": "src/pay.py"}, "region": {"startLine": 3}}
    result = {
        "ruleId": "sqli",
        "message": {"text": "a query from text"},
        "locations": [{"physicalLocation": place}],
    }
    run = {"tool": {"driver": {"name": "Scanner"}}, "results": [result]}
    path.parent.mkdir()
    path.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))


def _write_settings(paths: Paths, mlflow: str, prometheus: str, reports: Path) -> None:
    credential = {"env": "MLFLOW_PASSWORD", "username": "admin"}
    query = {
        "query": "model_accuracy",
        "metric": "accuracy",
        "metric_class": "accuracy",
        "threshold": 0.9,
    }
    sources: list[dict[str, Any]] = [
        {
            "name": "reports",
            "kind": "files",
            "url": str(reports),
            "options": {"paths": ["."], "asset_from": "directory"},
        },
        {"name": "registry", "kind": "mlflow", "url": mlflow, "credential": credential},
        {
            "name": "metrics",
            "kind": "prometheus",
            "url": prometheus,
            "options": {"queries": [query]},
        },
    ]
    paths.config.mkdir(parents=True)
    paths.settings.write_text(yaml.safe_dump({"sources": sources}))
