"""The simulators, read and changed by the real connectors over real HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.connectors.prometheus.connector import PrometheusConnector
from riskcockpit.demo.dice import Dice
from riskcockpit.demo.loopback import Loopback, Reply, Request
from riskcockpit.demo.mlflow_sim import MlflowSimulator
from riskcockpit.demo.prometheus_sim import PrometheusSimulator, Sample
from riskcockpit.demo.registry import PLANS, registered_models
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.model import ROLLED_BACK_TAG, RegisteredModel
from riskcockpit.domain.reading import Reading

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CLOCK = FrozenClock(START)


class Registry:
    """A simulated MLflow and a connector to it."""

    def __init__(self) -> None:
        self.moves: list[tuple[str, str, int | None]] = []
        self.simulator = MlflowSimulator(
            registered_models(Dice(7), START), on_alias=lambda *move: self.moves.append(move)
        )
        self.server = Loopback(self.simulator.answer)
        self.server.start()
        self.connector = MlflowConnector.build(
            SourceSpec("registry", self.server.url, {}, write=Credential("demo", "test")), CLOCK
        )

    def models(self) -> dict[str, RegisteredModel]:
        found = [item for batch in self.connector.pull("", START) for item in batch.items]
        return {item.name: item for item in found if isinstance(item, RegisteredModel)}

    def close(self) -> None:
        self.connector.close()
        self.server.stop()


@pytest.fixture
def registry() -> Iterator[Registry]:
    started = Registry()
    yield started
    started.close()


def rollback(before: int = 7, after: int = 6) -> Action:
    params = {"from": str(before), "to": str(after)}
    return Action("a1", ActionKind.MODEL_ROLLBACK, "registry", "fraud-scoring@champion", params)


def test_the_connector_reads_every_model_as_it_was_laid_down(registry: Registry) -> None:
    laid_down = {model.name: model for model in registered_models(Dice(7), START)}
    found = registry.models()
    assert found.keys() == laid_down.keys() == {plan.name for plan in PLANS}
    champion, expected = found["fraud-scoring"].versions[0], laid_down["fraud-scoring"].versions[0]
    assert found["fraud-scoring"].aliases == {"champion": 7}
    assert found["fraud-scoring"].tags == laid_down["fraud-scoring"].tags
    assert champion.validated_by == "model-validation"
    assert champion.run_user == "training-pipeline"
    assert champion.datasets == expected.datasets
    assert champion.metrics == expected.metrics
    assert champion.params == expected.params
    assert champion.artifacts == expected.artifacts


def test_a_rollback_moves_the_alias_marks_the_version_and_tells_the_story(
    registry: Registry,
) -> None:
    receipt = registry.connector.apply(rollback())
    assert receipt.outcome is Outcome.DONE
    assert receipt.evidence == {"champion": "6"}
    model = registry.simulator.model("fraud-scoring")
    assert model.champion == 6
    assert ROLLED_BACK_TAG in model.versions[0].tags
    assert registry.moves == [("fraud-scoring", "champion", 6)]


def test_a_rollback_from_a_version_that_is_no_longer_champion_is_refused(
    registry: Registry,
) -> None:
    assert registry.connector.apply(rollback(6, 5)).outcome is Outcome.REFUSED
    assert registry.simulator.model("fraud-scoring").champion == 7
    assert not registry.moves


def test_the_servers_give_their_versions(registry: Registry) -> None:
    assert "3.17" in registry.connector.check()


class Wave:
    """A metric that says how many seconds after START it is asked for."""

    def __call__(self, at: float) -> Iterator[Sample]:
        seconds = at - START.timestamp()
        yield Sample("model_accuracy", seconds, {"model": "fraud-scoring", "version": "7"})
        yield Sample("model_accuracy_threshold", 0.9, {"model": "fraud-scoring"})


@pytest.fixture
def prometheus() -> Iterator[str]:
    with Loopback(PrometheusSimulator(Wave(), CLOCK).answer) as server:
        yield server.url


def readings(url: str, query: dict[str, object]) -> list[Reading]:
    spec = SourceSpec("monitoring", url, {"queries": [query]})
    connector = PrometheusConnector.build(spec, CLOCK)
    try:
        batches = list(connector.pull("", START + timedelta(seconds=60)))
    finally:
        connector.close()
    return [item for batch in batches for item in batch.items if isinstance(item, Reading)]


def test_the_connector_reads_the_present_value_and_its_threshold(prometheus: str) -> None:
    query: dict[str, object] = {
        "query": "model_accuracy",
        "metric": "accuracy",
        "metric_class": "accuracy",
        "threshold_query": "model_accuracy_threshold",
    }
    (reading,) = readings(prometheus, query)
    assert (reading.subject, reading.version) == ("fraud-scoring", 7)
    assert (reading.value, reading.threshold) == (60.0, 0.9)


def test_the_connector_reads_a_range_with_its_own_moments(prometheus: str) -> None:
    query: dict[str, object] = {
        "query": 'model_accuracy{version=~"7|8"}',
        "metric": "accuracy",
        "range_step": "10s",
        "first_range": "30s",
    }
    found = readings(prometheus, query)
    assert [reading.value for reading in found] == [30.0, 40.0, 50.0, 60.0]
    assert found[0].at == START + timedelta(seconds=30)


def ask(
    url: str, path: str, host: str = "", body: bytes = b"", method: str = "GET"
) -> tuple[int, bytes]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
    try:
        connection.request(method, path, body, {"Host": host} if host else {})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def test_a_page_that_names_another_host_is_refused(prometheus: str) -> None:
    assert ask(prometheus, "/-/ready")[0] == 200
    assert ask(prometheus, "/-/ready", host="bank.example:80")[0] == 403


@pytest.mark.parametrize("length", ["-1", "x", "99999999999"])
def test_a_request_with_a_senseless_length_is_refused(prometheus: str, length: str) -> None:
    place = urlsplit(prometheus)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
    connection.putrequest("POST", "/api/v1/query")
    connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_server_gives_its_port_back() -> None:
    def answer(_request: Request) -> Reply:
        return Reply.text("here")

    with Loopback(answer) as server:
        url = server.url
        assert ask(url, "/") == (200, b"here")
    with pytest.raises(OSError, match="refused"):
        ask(url, "/")
