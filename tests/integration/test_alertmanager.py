"""A real Pushgateway, Prometheus and Alertmanager: what fires is found, silenced, and let go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.alertmanager.connector import AlertmanagerConnector
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.prometheus.connector import PrometheusConnector
from riskcockpit.domain.action import Action, ActionKind, Outcome
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import FrozenClock, parse_utc, rfc3339
from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.generic.from_json import read
from riskcockpit.services.answers import revoke
from riskcockpit.services.context import Context
from riskcockpit.services.decide import waive
from riskcockpit.services.judging import Judgement
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.sync import sync
from riskcockpit.store.database import Writer
from support.alerting import Chain, await_that, running_chain
from support.deciding import make_bank

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with running_chain(tmp_path_factory.mktemp("alerting")) as servers:
        servers.push("credit-default", "3", 0.71)
        servers.push("fraud", "10", 0.93)
        servers.raise_alert(alertname="QueueLong", severity="warning", service="payments", pod="a1")
        await_that(lambda: len(servers.alerts()) == 2, "two alerts fire")
        yield servers


def connector(chain: Chain, **options: Any) -> AlertmanagerConnector:
    spec = SourceSpec(
        "alerts", chain.alertmanager, options, write=Credential("unused-by-server", "test")
    )
    return AlertmanagerConnector.build(spec, FrozenClock(datetime.now(UTC)))


def seen(chain: Chain, **options: Any) -> dict[str, Observation]:
    made = connector(chain, **options)
    (batch,) = made.pull("", datetime.now(UTC))
    made.close()
    (document,) = batch.items
    assert isinstance(document, Document)
    (scan,) = read(document.content, ReadOptions()).scans
    assert not scan.problems
    assert scan.is_successful
    return {each.rule: each for each in scan.observations}


def silence(chain: Chain, **params: str) -> Action:
    until = rfc3339(datetime.now(UTC) + timedelta(hours=1))
    labels = json.dumps({"alertname": "ModelAccuracyLow", "model": "credit-default"})
    given = {"labels": labels, "until": until, "comment": "waived, CHG-7", "by": "maker", **params}
    return Action("a" * 32, ActionKind.ALERT_SILENCE, "alerts", "credit-default", given)


def test_what_fires_becomes_findings(chain: Chain) -> None:
    found = seen(chain)
    low = found["ModelAccuracyLow"]
    assert low.finding_class is FindingClass.MODEL
    assert low.severity is Severity.CRITICAL
    assert low.signal is not None
    assert (low.signal.model, low.signal.metric) == ("credit-default", "accuracy")
    assert "accuracy of credit-default v3 is 0.71" in low.title
    assert low.help_url == "https://runbooks.example/accuracy"
    assert low.onset_at is not None
    assert datetime.now(UTC) - low.onset_at < timedelta(minutes=5)
    queue = found["QueueLong"]
    assert (queue.finding_class, queue.asset) == (FindingClass.CLOUD, "payments")
    assert queue.resource == "service=payments"
    assert queue.severity is Severity.MEDIUM


def test_filters_are_those_of_the_server(chain: Chain) -> None:
    assert set(seen(chain, filters=['model=~".+"', 'severity="page"'])) == {"ModelAccuracyLow"}
    assert seen(chain, filters=['model="nobody"']) == {}


def test_the_server_is_known(chain: Chain) -> None:
    made = connector(chain)
    assert made.check().startswith("Alertmanager 0.")
    made.close()


def test_what_was_pushed_is_read_as_a_reading(chain: Chain) -> None:
    query = {"query": "model_accuracy", "metric": "accuracy", "metric_class": "accuracy"}
    age = {
        "query": "time() - push_time_seconds",
        "metric": "age",
        "metric_class": "freshness",
        "direction": "at_most",
        "threshold": 3600,
        "unit": "seconds",
    }
    now = datetime.now(UTC)
    spec = SourceSpec("metrics", chain.prometheus, {"queries": [query, age]})
    made = PrometheusConnector.build(spec, FrozenClock(now))
    items = [item for batch in made.pull("", now) for item in batch.items]
    made.close()
    found = {(i.subject, i.metric): i for i in items if isinstance(i, Reading)}
    assert found["credit-default", "accuracy"].value == 0.71
    assert found["fraud", "accuracy"].version == 10
    assert not found["fraud", "age"].is_breach


def test_a_silence_is_made_read_back_found_again_and_ended(chain: Chain) -> None:
    action = silence(chain)
    made = connector(chain)
    assert made.preview(action).blockers == ()
    receipt = made.apply(action)
    assert receipt.outcome is Outcome.DONE
    (standing,) = chain.silences()
    assert standing["createdBy"] == "maker"
    assert standing["comment"].startswith("waived, CHG-7 (")
    assert receipt.evidence["silence"] == standing["id"]

    def is_suppressed() -> bool:
        return seen(chain)["ModelAccuracyLow"].is_suppressed

    await_that(is_suppressed, "the alert is suppressed at its source")
    assert not seen(chain)["QueueLong"].is_suppressed
    again = made.apply(action)
    assert again.outcome is Outcome.DONE
    assert "there already" in again.message
    assert len(chain.silences()) == 1
    assert made.observe(action).outcome is Outcome.DONE

    end = Action("b" * 32, ActionKind.ALERT_UNSILENCE, "alerts", "x", {"silenced_by": action.id})
    assert made.observe(end).outcome is Outcome.UNKNOWN
    assert made.apply(end).outcome is Outcome.DONE
    assert made.observe(end).outcome is Outcome.DONE
    assert chain.silences()[0]["status"]["state"] == "expired"
    await_that(lambda: not is_suppressed(), "the alert is active again")
    assert made.observe(action).outcome is Outcome.REFUSED
    made.close()


def test_what_the_server_refuses_is_a_refusal(chain: Chain) -> None:
    made = connector(chain)
    past = silence(chain, until=rfc3339(datetime.now(UTC) - timedelta(hours=1)))
    assert "has passed" in made.apply(past).message
    foreign = Action("c" * 32, ActionKind.ALERT_UNSILENCE, "alerts", "x", {"silenced_by": "d" * 32})
    assert made.apply(foreign).outcome is Outcome.REFUSED
    everything = silence(chain, labels="{}")
    assert made.apply(everything).outcome is Outcome.REFUSED
    made.close()


def test_a_waiver_silences_the_alert_until_it_is_revoked(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the alert that fires to the silence of the waiver, and back, through the real server."""
    bank = make_bank(tmp_path / "home", monkeypatch)
    bank.clock.at = datetime.now(UTC)

    def judge(ctx: Context, tx: Writer, now: datetime) -> Judgement:
        project_ledger(ctx, tx, now)
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.services.sync.judge", judge)
    monkeypatch.setattr(
        Context, "connector", lambda _self, _source, _session=None: connector(chain)
    )
    source = SourceSettings(name="alerts", kind="alertmanager", url=chain.alertmanager)
    ctx = bank.at("engineer", sources=(source,))
    assert sync(ctx).sources[0].state == "ok"
    ((id_,),) = bank.rows("SELECT id FROM finding WHERE rule = 'QueueLong'")
    until = datetime.now(UTC) + timedelta(hours=2)
    done = waive(ctx, [id_], "risk_accepted", "The queue is drained by hand until Friday", until)
    assert [row.state for row in done.actions] == ["done"]
    (standing,) = [one for one in chain.silences() if one["status"]["state"] == "active"]
    assert {one["name"]: one["value"] for one in standing["matchers"]} == {
        "alertname": "QueueLong", "severity": "warning", "service": "payments",
    }  # fmt: skip
    assert abs(parse_utc(standing["endsAt"]) - until) < timedelta(seconds=2)
    await_that(lambda: seen(chain)["QueueLong"].is_suppressed, "the alert is silenced")
    ended = revoke(bank.at("engineer", sources=(source,)), done.decision.id)
    assert [row.state for row in ended.actions] == ["done"]
    assert not [one for one in chain.silences() if one["status"]["state"] == "active"]
    await_that(lambda: not seen(chain)["QueueLong"].is_suppressed, "the alert is active again")
