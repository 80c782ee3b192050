"""A waiver of an alert silences it for as long as the waiver runs, and not a moment longer."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config.credentials import Credential
from riskcockpit.config.settings import ActionSettings, SourceSettings
from riskcockpit.connectors.alertmanager.connector import AlertmanagerConnector
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.decisions.upstream import KEY
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.services.answers import revoke, undo
from riskcockpit.services.context import Context
from riskcockpit.services.decide import plan_waiver, waive
from riskcockpit.services.dismissals import carry_out_due
from riskcockpit.services.judging import Judgement
from riskcockpit.services.outbox import actions
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.sync import sync
from riskcockpit.store.database import Writer
from support.alerting import alert
from support.deciding import WHY, Bank, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

SOURCES = (SourceSettings(name="alerts", kind="alertmanager", url="https://am.example"),)
LABELS = {"alertname": "QueueLong", "service": "payments", "severity": "warning"}


class Server:
    """An Alertmanager in memory: alerts, and silences that end at their time."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.alerts: list[dict[str, Any]] = []
        self.silences: list[dict[str, Any]] = []
        self.writes: list[str] = []

    def answer(self, asked: Asked) -> Reply:
        """Answer as the API does."""
        for one in self.silences:
            if one["endsAt"] <= rfc3339(self.bank.clock.now()):
                one["status"]["state"] = "expired"
        if asked.method == "GET" and asked.path.endswith("/alerts"):
            return Reply(200, json.dumps(self.alerts).encode())
        if asked.method == "GET":
            return Reply(200, json.dumps(self.silences).encode())
        self.writes.append(f"{asked.method} {asked.path.rpartition('/')[2]}")
        if asked.method == "DELETE":
            id_ = asked.path.rpartition("/")[2]
            next(s for s in self.silences if s["id"] == id_)["status"]["state"] = "expired"
            return Reply(200)
        made = {**json.loads(asked.body), "id": f"s{len(self.silences)}"}
        self.silences.append({**made, "status": {"state": "active"}})
        return Reply(200, json.dumps({"silenceID": made["id"]}).encode())

    @property
    def standing(self) -> list[dict[str, str]]:
        """The matchers of every silence in force."""
        return [
            {matcher["name"]: matcher["value"] for matcher in one["matchers"]}
            for one in self.silences
            if one["status"]["state"] == "active"
        ]


class Room:
    """A bank whose one source is that server."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.server = Server(bank)
        self.may_write = True

    def connector(self) -> AlertmanagerConnector:
        """Build the connector as the settings of this home would."""
        write = Credential(secrets.token_hex(16), "env W") if self.may_write else None
        spec = SourceSpec("alerts", "https://am.example", {}, write=write)
        return AlertmanagerConnector.build(spec, self.bank.clock)

    def at(self, name: str = "engineer") -> Context:
        """Sit somebody down."""
        return self.bank.at(name, sources=SOURCES)

    def fire(self, **labels: str) -> str:
        """Let an alert fire, read it, and return the id of its finding."""
        self.server.alerts.append(alert(labels=LABELS | labels))
        assert sync(self.at()).sources[0].state == "ok"
        ids = self.bank.rows("SELECT id FROM finding WHERE source_id = 'alerts'")
        return str(ids[0][0])

    def waive(self, id_: str, name: str = "engineer", days: int = 20) -> str:
        """Waive a finding and return the id of the waiver."""
        until = self.bank.clock.now() + timedelta(days=days)
        return waive(self.at(name), [id_], "risk_accepted", WHY, until).decision.id

    def states(self) -> list[tuple[str, str]]:
        """Return kind and state of every action."""
        return sorted((row.kind, row.state) for row in actions(self.at()))


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    bank = make_bank(tmp_path / "home", monkeypatch)

    def judge(ctx: Context, tx: Writer, now: datetime) -> Judgement:
        project_ledger(ctx, tx, now)
        return Judgement(tx.generation, (), (), "", "")

    monkeypatch.setattr("riskcockpit.services.sync.judge", judge)
    made = Room(bank)
    monkeypatch.setattr(
        Context, "connector", lambda _self, _source, _session=None: made.connector()
    )
    with replayed(made.server.answer):
        yield made


def test_a_waiver_silences_exactly_its_alert_until_it_ends(room: Room) -> None:
    id_ = room.fire(pod="web-1")
    until = room.bank.clock.now() + timedelta(days=20)
    plan = plan_waiver(room.at(), [id_], "risk_accepted", WHY, until)
    assert any(call.startswith("POST") and "QueueLong" in call for call in plan.calls)
    assert room.server.writes == []
    room.waive(id_)
    assert room.server.standing == [LABELS]
    assert WHY in room.server.silences[0]["comment"]
    assert room.states() == [("alert.silence", "done")]


def test_a_silence_ends_by_itself_with_its_waiver(room: Room) -> None:
    room.waive(room.fire(), days=20)
    room.bank.clock.at += timedelta(days=21)
    assert carry_out_due(room.at()) == ()
    room.server.answer(Asked("GET", "/api/v2/silences", {}, {}, b"", "am.example"))
    assert room.server.standing == []
    assert room.server.writes == ["POST silences"]


def test_revoking_a_waiver_ends_its_silence(room: Room) -> None:
    waiver = room.waive(room.fire())
    revoke(room.at(), waiver)
    assert room.server.standing == []
    assert room.states() == [("alert.silence", "done"), ("alert.unsilence", "done")]
    assert carry_out_due(room.at()) == ()


def test_two_waivers_of_one_alert_have_a_silence_each(room: Room) -> None:
    id_ = room.fire()
    first = room.waive(id_)
    room.waive(id_, days=30)
    assert len(room.server.standing) == 2
    revoke(room.at(), first)
    assert room.server.standing == [LABELS]


def test_without_a_write_credential_the_waiver_holds_and_says_why_nothing_is_silenced(
    room: Room,
) -> None:
    id_ = room.fire()
    room.may_write = False
    until = room.bank.clock.now() + timedelta(days=20)
    plan = plan_waiver(room.at(), [id_], "risk_accepted", WHY, until)
    assert any("no write credential" in warning for warning in plan.warnings)
    room.waive(id_)
    assert (room.server.writes, room.states()) == ([], [])


def test_an_alert_with_a_label_that_cannot_be_kept_is_not_silenced(room: Room) -> None:
    """A silence without it would hide other alerts as well."""
    room.waive(room.fire(instance="evil\u202elabel"))
    assert room.server.silences == []


def test_a_list_that_reaches_further_than_the_waiver_is_never_sent(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes broader labels into the entry than the alert of the finding has."""
    id_ = room.fire()

    def broader(items: Any) -> list[dict[str, Any]]:
        return [
            {
                "kind": one.kind.value, "source": one.source, "target": one.target,
                "params": {**one.params, "labels": '{"severity":"warning"}'},
            }
            for one in items
        ]  # fmt: skip

    monkeypatch.setattr("riskcockpit.services.decide.as_data", broader)
    room.waive(id_)
    assert room.server.silences == []
    assert room.states() == [("alert.silence", "pending")]
    entry = next(e for e in room.at().reading_journal().entries() if e.data.get(KEY))
    assert entry.data[KEY][0]["params"]["labels"] == '{"severity":"warning"}'


def test_within_the_grace_nothing_leaves_the_outbox_and_undo_stops_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    sit = room.bank.at
    grace = ActionSettings(grace="10m")
    monkeypatch.setattr(
        room, "at", lambda name="engineer": sit(name, sources=SOURCES, actions=grace)
    )
    finding = room.fire()
    room.waive(finding)
    assert room.states() == [("alert.silence", "pending")]
    undo(room.at())
    room.bank.clock.at += timedelta(minutes=11)
    assert carry_out_due(room.at()) == ()
    assert (room.server.writes, room.states()) == ([], [])
    room.waive(finding)
    assert room.server.writes == []
    room.bank.clock.at += timedelta(minutes=11)
    assert [row.state for row in carry_out_due(room.at())] == ["done"]
    assert room.server.writes == ["POST silences"]


def test_a_suspended_waiver_silences_nothing(room: Room) -> None:
    waiver = room.waive(room.fire())
    assert room.server.standing == [LABELS]
    data = {"waiver": waiver, "comment": "the control gateway-closed alarms", "controls": ["g"]}
    room.at().journal().append(EntryType.WAIVER_SUSPENDED, data)
    assert [row.state for row in carry_out_due(room.at())] == ["done"]
    assert room.server.standing == []
    assert room.states() == [("alert.silence", "done"), ("alert.unsilence", "done")]
