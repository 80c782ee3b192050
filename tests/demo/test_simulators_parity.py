"""The simulators give the shapes and statuses of the real servers, call by call."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.demo.loopback import Loopback
from riskcockpit.demo.mlflow_sim import MlflowSimulator
from riskcockpit.demo.prometheus_sim import PrometheusSimulator, Sample
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.model import DatasetRef, ModelVersion, RegisteredModel
from support.servers import Mlflow, running_mlflow, running_prometheus

pytestmark = pytest.mark.server
API = "/api/2.0/mlflow/"
NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Call:
    """One request; `{run}` in its path is the run of version 2."""

    path: str
    body: Mapping[str, Any] | None = None
    method: str = "GET"
    query: Mapping[str, str] = field(default_factory=dict)


def of(name: str, /, **query: str) -> Call:
    return Call(API + name, query=query)


def post(name: str, /, **body: str) -> Call:
    return Call(API + name, body, "POST")


def delete(name: str, /, **body: str) -> Call:
    return Call(API + name, body, "DELETE")


MLFLOW_CALLS = (
    of("registered-models/search"),
    of("registered-models/search", max_results="1"),
    of("registered-models/search", max_results="1", page_token="eyJvZmZzZXQiOiAxfQ=="),
    of("registered-models/search", max_results="100000"),
    of("registered-models/search", page_token="xxx"),
    of("registered-models/search", filter="name LIKE 'cr%'", order_by="name ASC"),
    of("registered-models/search", filter="name = 'nobody'"),
    of("registered-models/search", filter="nonsense = 1"),
    of("registered-models/get", name="credit"),
    of("registered-models/get", name="nobody"),
    of("registered-models/get"),
    of("registered-models/alias", name="credit", alias="champion"),
    of("registered-models/alias", name="credit", alias="nothing"),
    of("registered-models/alias", name="nobody", alias="champion"),
    of("model-versions/search", filter="name='credit'", order_by="version_number DESC"),
    of("model-versions/search", max_results="200", order_by="name ASC"),
    of("model-versions/search", max_results="1"),
    of("model-versions/get", name="credit", version="1"),
    of("model-versions/get", name="credit", version="2"),
    of("model-versions/get", name="credit", version="99"),
    of("runs/get", run_id="{run}"),
    of("runs/get", run_id="0" * 32),
    of("artifacts/list", run_id="{run}"),
    of("metrics/get-history", run_id="{run}", metric_key="accuracy"),
    of("metrics/get-history", run_id="{run}", metric_key="nothing"),
    post("model-versions/set-tag", name="credit", version="1", key="seen", value="yes"),
    of("model-versions/get", name="credit", version="1"),
    delete("model-versions/delete-tag", name="credit", version="1", key="seen"),
    post("registered-models/set-tag", name="credit", key="seen", value="yes"),
    post("registered-models/alias", name="credit", alias="champion", version="99"),
    post("registered-models/alias", name="nobody", alias="champion", version="1"),
    post("registered-models/alias", name="credit", alias="latest", version="1"),
    post("registered-models/alias", name="credit", alias="v2", version="1"),
    post("registered-models/alias", name="credit", alias="a b", version="1"),
    post("registered-models/alias", name="credit", alias="champion", version="1"),
    of("registered-models/alias", name="credit", alias="champion"),
    delete("registered-models/alias", name="credit", alias="champion"),
    of("registered-models/get", name="credit"),
    of("does-not-exist"),
    Call("/health"),
    Call("/version"),
)


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str
    """Media type; for errors of the web framework the exact text differs and is not compared."""
    shape: object


def ask(url: str, call: Call) -> Answer:
    query = urllib.parse.urlencode(call.query)
    whole = url + call.path + (f"?{query}" if query else "")
    data = json.dumps(call.body).encode() if call.body is not None else None
    request = urllib.request.Request(whole, data, method=call.method)
    request.add_header("Content-Type", "application/json")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as reply:
            status, content, kind = reply.status, reply.read(), reply.headers["Content-Type"]
    except urllib.error.HTTPError as error:
        status, content, kind = error.code, error.read(), error.headers["Content-Type"]
    media = (kind or "").partition(";")[0]
    return Answer(status, media, shape(json.loads(content)) if "json" in media else None)


def shape(value: Any) -> object:
    """Return keys and types; of a list the shapes it holds, of an error its code."""
    if isinstance(value, dict):
        keys = {key: shape(item) for key, item in value.items()}
        if "error_code" in value:
            keys["error_code"] = value["error_code"]
            keys["error_class"] = value["error_class"]
        return keys
    if isinstance(value, list):
        return sorted({json.dumps(shape(item), sort_keys=True) for item in value})
    return type(value).__name__


@pytest.fixture(scope="module")
def real_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlflow]:
    with running_mlflow(tmp_path_factory.mktemp("mlflow")) as server:
        server.model("credit", owner="lending")
        server.version(
            "credit",
            tags={"validation_status": "approved"},
            metrics={"accuracy": 0.9},
            run_tags={"mlflow.user": "ci", "mlflow.runName": "train-v1"},
            dataset=("loans", "a1"),
        )
        server.version(
            "credit",
            tags={"validation_status": "approved"},
            metrics={"accuracy": 0.91},
            run_tags={"mlflow.user": "ci", "mlflow.runName": "train-v2"},
            dataset=("loans", "a2"),
        )
        server.set_alias("credit", "champion", 2)
        server.model("empty", owner="nobody")
        yield server


def simulated() -> MlflowSimulator:
    def version(number: int) -> ModelVersion:
        return ModelVersion(
            "credit",
            number,
            "READY",
            NOW,
            run_id=f"{number:032x}",
            run_user="ci",
            tags={"validation_status": "approved"},
            metrics={"accuracy": 0.9},
            params={"max_depth": "6"},
            datasets=(DatasetRef("loans", f"a{number}", "training", "s3://bank/loans.parquet"),),
        )

    credit = RegisteredModel(
        "credit", (version(2), version(1)), {"champion": 2}, {"owner": "lending"}
    )
    return MlflowSimulator((credit, RegisteredModel("empty", tags={"owner": "nobody"})))


def with_run(call: Call, run: str) -> Call:
    query = {key: value.replace("{run}", run) for key, value in call.query.items()}
    return Call(call.path, call.body, call.method, query)


def test_mlflow_calls_get_the_same_statuses_and_shapes(real_mlflow: Mlflow) -> None:
    asked = "model-versions/get?name=credit&version=2"
    run = real_mlflow.call(asked)["model_version"]["run_id"]
    differences = []
    with Loopback(simulated().answer) as server:
        for call in MLFLOW_CALLS:
            real = ask(real_mlflow.url, with_run(call, run))
            ours = ask(server.url, with_run(call, f"{2:032x}"))
            if real != ours:
                differences.append(f"{call}\n  real {real}\n  ours {ours}")
    assert not differences, "\n".join(differences)


PROMETHEUS_QUERIES = (
    "model_accuracy",
    'model_accuracy{model="fraud"}',
    'model_accuracy{model=~"fr.*",version!="6"}',
    "nothing_of_the_kind",
    "0.9",
    "model_accur{",
    "{}",
    "",
)


def prometheus_calls() -> Iterator[Call]:
    seconds = NOW.timestamp()
    for query in PROMETHEUS_QUERIES:
        yield Call("/api/v1/query", query={"query": query})
        span = {"start": f"{seconds - 5}", "end": f"{seconds}", "step": "1s"}
        yield Call("/api/v1/query_range", query={"query": query, **span})
    longest = {"query": "model_accuracy", "end": f"{seconds}"}
    yield Call("/api/v1/query_range",
               query={**longest, "start": f"{seconds - 864_000}", "step": "1s"})  # fmt: skip
    yield Call("/api/v1/query_range", query={**longest, "start": f"{seconds - 5}", "step": "0"})
    yield Call("/api/v1/query_range", query={**longest, "start": f"{seconds + 5}", "step": "1s"})
    yield Call("/api/v1/query_range", query={**longest, "start": f"{seconds - 5}"})
    yield Call("/api/v1/query", query={"query": "model_accuracy", "time": "yesterday"})
    yield Call("/-/ready")
    yield Call("/-/healthy")


def ours_at(now: float) -> PrometheusSimulator:
    labels = {"model": "fraud", "version": "7"}
    return PrometheusSimulator(
        lambda _at: [Sample("model_accuracy", 0.91, labels)],
        FrozenClock(datetime.fromtimestamp(now, UTC)),
    )


def test_prometheus_calls_get_the_same_statuses_and_shapes(tmp_path: Path) -> None:
    differences = []
    with running_prometheus(tmp_path) as real:
        real.exporter.set("model_accuracy", 0.91, model="fraud", version="7")
        real.await_samples("model_accuracy", 1)
        found = json.loads(fetch(real.url + "/api/v1/query?query=model_accuracy"))
        now = found["data"]["result"][0]["value"][0]
        shift = now - NOW.timestamp()
        with Loopback(ours_at(now).answer) as server:
            for call in prometheus_calls():
                moved = {
                    key: f"{float(value) + shift}" if key in ("start", "end") else value
                    for key, value in call.query.items()
                }
                there, here = (
                    ask(url, Call(call.path, query=moved)) for url in (real.url, server.url)
                )
                if there != here:
                    differences.append(f"{call}\n  real {there}\n  ours {here}")
    assert not differences, "\n".join(differences)


def fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=30) as reply:
        return bytes(reply.read())
