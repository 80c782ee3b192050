"""Alerting in a home: what is so, what is told, what the ledger says of it, what a crash leaves."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.alerts.deliver import marked
from riskcockpit.alerts.state import DeliveryState
from riskcockpit.config.paths import shipped
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import ConfigError, StoreError
from riskcockpit.ledger.canonical import Json
from riskcockpit.present.alerts import digest_text
from riskcockpit.services.alert_store import FILE_NAME, load, save
from riskcockpit.services.alerting import after_publish, look, send_due
from riskcockpit.services.alerts import acknowledge, alert, alerts, digest_view, plan_acknowledge
from riskcockpit.services.answers import note
from riskcockpit.services.desk import Desk
from riskcockpit.services.incident_alerts import escalation_of, way_out
from riskcockpit.services.incident_rules import advance
from riskcockpit.services.incidents import acknowledge as acknowledge_incident
from riskcockpit.services.incidents import incidents
from riskcockpit.services.record import examined, projected
from riskcockpit.services.verify import verify_ledger
from support.caches import NOW, finding, statement
from support.deciding import Bank, make_bank
from support.receiver import Receiver
from support.sim_server import serving

pytestmark = pytest.mark.usefixtures("without_policy")

CONFIG = """
group_by: []
budget: {per_day: 5}
channels:
  - {name: pager, kind: webhook, url: "BASE/in", secret: {env: PAGER_SECRET}}
  - {name: room, kind: chat, url: "BASE/room"}
routes:
  - {match: {kinds: [model_alarm]}, to: [pager, room]}
"""


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """A bank whose fraud model lost accuracy."""
    return make_bank(tmp_path / "home", monkeypatch)


@pytest.fixture
def receiver(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Who is told, at the address of the configuration."""
    secret = secrets.token_hex(16)
    monkeypatch.setenv("PAGER_SECRET", secret)
    made = Receiver(secret.encode(), bank.clock.now)
    with serving(made):
        configure(bank, CONFIG.replace("BASE", made.base))
        yield made


def configure(bank: Bank, text: str) -> None:
    """Write the rules of alerting."""
    folder = bank.root / "config"
    folder.mkdir(exist_ok=True, mode=0o700)
    (folder / "alerts.yaml").write_text(text)


def receipts(bank: Bank) -> list[tuple[EntryType, str, object]]:
    """(type, target, alerts) of all that the ledger says about messages."""
    return [
        (entry.type, str(entry.data["target"]), entry.data["alerts"])
        for entry in bank.at("engineer").reading_journal().entries()
        if entry.data.get("kind") == "notify"
    ]


def test_what_is_told_is_delivered_once_signed_for_and_not_repeated(
    bank: Bank, receiver: Receiver
) -> None:
    ctx = bank.at("engineer")
    dry = send_due(ctx, is_dry_run=True)
    assert [row.channel for row in dry.deliveries] == ["pager"]
    assert receiver.targets == []
    report = send_due(ctx)
    assert [(row.channel, row.state) for row in report.deliveries] == [("pager", "done")]
    (message,) = receiver.accepted.values()
    assert [line["key"] for line in message["alerts"]] == ["model:fraud"]
    assert message["owner"] == "payments"
    assert receipts(bank) == [
        (EntryType.ACTION_CONFIRMED, "channel pager", {"model:fraud": "critical"})
    ]
    assert verify_ledger(ctx).is_ok
    assert after_publish(ctx) == ()
    assert len(receiver.bodies) == 1
    assert {row.key: row.fate for row in alerts(ctx)}["model:fraud"] == "duplicate"


def test_an_alarm_that_joins_as_grave_or_is_of_the_next_version_is_told_at_once(
    bank: Bank, receiver: Receiver
) -> None:
    ctx = bank.at("engineer")

    def told(step: str) -> list[tuple[str, str]]:
        with ctx.store.writer() as tx:
            tx.execute(statement(step))
        before = len(receiver.bodies)
        after_publish(ctx)
        lines = [line for body in receiver.bodies[before:] for line in body["alerts"]]
        return [(line["why"], line["title"]) for line in lines]

    assert told("UPDATE finding SET line = 1") == [("new", "fraud v7")]
    joins = "UPDATE finding SET {} WHERE title = 'high'"
    model = "class = 'model', model = 'fraud', severity = "
    assert told(joins.format(f"{model} 3")) == []
    assert told(joins.format(f"{model} 4")) == [("worse", "fraud v7")]
    bank.clock.at += timedelta(minutes=5)
    now = bank.clock.at.replace(tzinfo=None)
    moved = f"UPDATE model_alias SET version = 6, since = TIMESTAMP '{now}'"
    assert told(moved) == [], "its own readings are awaited"
    named = "UPDATE finding SET package_version = '{}', last_seen = now() WHERE title = 'high'"
    assert told(named.format("v7")) == [], "it is of the version before"
    later = now + timedelta(minutes=1)
    assert told(f"UPDATE finding SET last_seen = '{later}'") == [("worse", "fraud v6")]


def test_a_failure_is_told_and_tried_again_under_the_same_id(
    bank: Bank, receiver: Receiver
) -> None:
    ctx = bank.at("engineer")
    receiver.statuses = [503]
    first = send_due(ctx)
    assert [(row.state, row.attempts) for row in first.deliveries] == [("waiting", 1)]
    assert "503" in first.deliveries[0].message
    assert first.failed == 1
    shown = alert(ctx, "model:fraud").row
    assert (shown.fate, shown.unsent) == ("duplicate", "waiting")
    assert (shown.times, shown.told_at) == (0, None)
    assert "(not told yet, its message could not be delivered yet" in digest_text(digest_view(ctx))
    assert after_publish(ctx) == ()
    again = send_due(ctx)
    assert [(row.id, row.state, row.attempts) for row in again.deliveries] == [
        (first.deliveries[0].id, "done", 2)
    ]
    assert len(receiver.accepted) == 1
    shown = alert(ctx, "model:fraud").row
    assert (shown.times, shown.told_at, shown.unsent) == (1, again.deliveries[0].at, "")


def test_silence_escalates_and_an_acknowledgement_counts_for_the_finding_too(
    bank: Bank, receiver: Receiver
) -> None:
    receiver.is_signed = False
    ctx = bank.at("engineer")
    send_due(ctx)
    bank.clock.at += timedelta(minutes=31)
    (row,) = send_due(ctx).deliveries
    assert (row.channel, row.state) == ("room", "done")
    assert "escalated" in receiver.bodies[-1]["text"]
    (id_,) = (row.id for row in alerts(ctx) if row.key == "model:fraud")
    plan = plan_acknowledge(ctx, id_[:6], "The vendor changed a field; it is being mapped")
    assert (plan.title, plan.blockers, plan.calls) == (f"Acknowledge the alert {id_}", (), ())
    result = acknowledge(ctx, id_[:6], "The vendor changed a field; it is being mapped")
    assert result.decision.rule == plan.rule
    assert result.message == ""
    seen = alert(ctx, "model:fraud")
    assert (seen.row.fate, seen.row.acked_by) == ("acknowledged", "engineer")
    assert [each.channel for each in seen.deliveries] == ["pager", "room"]
    rows = bank.rows("SELECT acknowledged_at IS NOT NULL FROM finding WHERE title = 'drop'")
    assert rows == [(True,)]
    bank.clock.at += timedelta(days=3)
    assert all(each.channel != "pager" for each in send_due(ctx).deliveries)


def test_incidents_are_told_by_the_routes_when_they_open_when_nobody_answers_and_for_their_review(
    bank: Bank, receiver: Receiver
) -> None:
    routes = """
routes:
  - {match: {kinds: [incident], owners: [approver]}, to: [pager]}
  - {match: {kinds: [incident]}, to: [room]}
"""
    configure(bank, CONFIG.replace("BASE", receiver.base).partition("routes:")[0] + routes)
    rules = shipped("config", "incidents.yaml").read_text(encoding="utf-8")
    own = bank.root / "config" / "incidents.yaml"
    own.write_text(rules.replace('escalate_to: ""', "escalate_to: approver"))
    receiver.is_signed = False
    ctx = bank.at("engineer")

    def told() -> list[tuple[str, str, str]]:
        assert advance(ctx) == ""
        rows = send_due(ctx).deliveries
        return [(row.channel, row.state, str(receiver.bodies[-1])) for row in rows]

    (opening,) = told()
    assert (opening[:2], "it opened" in opening[2]) == (("room", "done"), True)
    bank.clock.at += timedelta(minutes=16)
    (escalated,) = told()
    assert (escalated[:2], "nobody acknowledged" in escalated[2]) == (("pager", "done"), True)
    (incident,) = incidents(ctx)
    (said,) = [event.detail for event in incident.timeline if event.kind == "escalated"]
    assert said.endswith("; for approver; goes to the channel pager")
    assert receipts(bank)[-1][1:] == (
        "channel pager", {f"incident-escalated:{incident.id}": "critical"},
    )  # fmt: skip
    acknowledge_incident(ctx, incident.id, "")
    assert told() == []
    with ctx.store.writer() as tx:
        tx.execute(statement("UPDATE finding SET state = 'fixed', fixed_at = last_seen"))
    bank.clock.at += timedelta(minutes=30)
    assert told() == []
    bank.clock.at += timedelta(days=4, hours=6)
    (review,) = told()
    assert "its review is due" in review[2]
    bank.clock.at += timedelta(days=1)
    (overdue,) = told()
    assert "its review was due" in overdue[2], "it got worse, and is told at once"


def test_nobody_is_said_to_be_told_of_an_escalation_that_goes_nowhere(bank: Bank) -> None:
    ctx = bank.at("engineer")
    advance(ctx)
    bank.clock.at += timedelta(minutes=16)
    advance(ctx)
    (incident,) = incidents(ctx)
    (said,) = [event.detail for event in incident.timeline if event.kind == "escalated"]
    assert said.endswith("; not told: no channel")
    assert not receipts(bank)
    fact = escalation_of(incident, "approver", bank.clock.at)
    configure(bank, "channels: []\nroutes: []\n")
    assert way_out(ctx, fact) == "not told: no channel"
    configure(bank, "chanels: []\n")
    assert way_out(ctx, fact) == "not told: the rules of alerts cannot be used"


def test_a_note_about_the_model_acknowledges_its_alert(bank: Bank, receiver: Receiver) -> None:
    ctx = bank.at("engineer")
    send_due(ctx)
    bank.clock.at += timedelta(minutes=5)
    note(ctx, "fraud", "Looking at it")
    assert alert(ctx, "model:fraud").row.fate == "acknowledged"


@pytest.mark.parametrize(
    "about", [{"subject": "fraud"}, {"subject": "elsewhere", "alert": "model:fraud"}]
)
def test_who_decides_nothing_acknowledges_nothing(
    bank: Bank, receiver: Receiver, about: dict[str, Json]
) -> None:
    ctx = bank.at("engineer")
    send_due(ctx)
    bank.clock.at += timedelta(minutes=5)
    desk = Desk(ctx)
    grounds = desk.grounds(desk.permit(Deed.NOTE))
    desk.sign(EntryType.NOTE, {"subject": "nothing", "text": "The rules are in force", **grounds})
    forged = {**about, "text": "Quiet", **grounds}
    bank.at("auditor").journal().append(EntryType.NOTE, forged)
    acknowledged = projected(ctx, examined(ctx), NOW).acknowledgements
    assert [subject for subject, _ in acknowledged] == ["nothing"]
    assert alert(ctx, "model:fraud").row.fate != "acknowledged"
    bank.at("approver").journal().append(EntryType.NOTE, forged)
    assert alert(ctx, "model:fraud").row.fate == "acknowledged"


def test_acknowledgements_of_a_ledger_that_does_not_verify_do_not_count(
    bank: Bank, receiver: Receiver
) -> None:
    ctx = bank.at("engineer")
    send_due(ctx)
    acknowledge(ctx, "model:fraud", "Mine")
    (chain,) = (bank.ledger / "chains").glob("*.jsonl")
    chain.write_bytes(chain.read_bytes().replace(b'"text":"Mine"', b'"text":"Mime"'))
    seen = look(bank.at("engineer"))
    assert seen.notes == ("acknowledgements do not count: the ledger does not verify",)
    assert alert(ctx, "model:fraud").row.fate != "acknowledged"


def test_a_lost_memory_is_read_from_the_ledger(bank: Bank, receiver: Receiver) -> None:
    ctx = bank.at("engineer")
    send_due(ctx)
    (ctx.paths.state / FILE_NAME).unlink()
    assert send_due(ctx).deliveries == ()
    assert len(receiver.bodies) == 1


def test_a_damaged_memory_stops_alerting_and_says_what_to_do(
    bank: Bank, receiver: Receiver
) -> None:
    ctx = bank.at("engineer")
    send_due(ctx)
    (ctx.paths.state / FILE_NAME).write_text("{")
    with pytest.raises(StoreError) as raised:
        send_due(ctx)
    assert "ledger" in (raised.value.hint or "")
    assert after_publish(ctx)[0].startswith("alerts are not sent: cannot read")


def test_after_a_crash_while_sending_a_room_is_not_told_twice(
    bank: Bank, receiver: Receiver
) -> None:
    configure(bank, CONFIG.replace("BASE", receiver.base).replace("[pager, room]", "[room]"))
    ctx = bank.at("engineer")
    receiver.is_signed = False
    send_due(ctx)
    state = load(ctx.paths)
    crashed = replace(state.deliveries[0], state=DeliveryState.SENDING)
    save(ctx.paths, marked(state, crashed))
    assert send_due(ctx).deliveries == ()
    assert len(receiver.bodies) == 1
    assert [each.state for each in load(ctx.paths).deliveries] == [DeliveryState.UNKNOWN]


def test_without_a_key_it_is_told_all_the_same_and_said(bank: Bank, receiver: Receiver) -> None:
    ctx = bank.at("nobody")
    report = send_due(ctx)
    assert [row.state for row in report.deliveries] == ["done"]
    assert any("not in the ledger" in text for text in report.notes)


def test_a_waived_alarm_is_counted_and_told_to_nobody(bank: Bank, receiver: Receiver) -> None:
    with bank.at("engineer").store.writer() as tx:
        waived = finding("drift2", **{"class": "model"}, model="credit-pd", state="waived",
                         severity=4, pillar="model_validation")  # fmt: skip
        tx.append("finding", [waived])
    ctx = bank.at("engineer")
    send_due(ctx)
    row = alert(ctx, "model:credit-pd").row
    assert (row.fate, dict(row.held)) == ("waived", {"waived": 1})
    assert digest_view(ctx).fates["waived"] == 1


def test_the_digest_of_the_day_is_sent_once(bank: Bank, receiver: Receiver) -> None:
    text = CONFIG.replace("BASE", receiver.base)
    configure(bank, f'{text}digest: {{at: "08:00", to: room}}\n')
    receiver.is_signed = False
    ctx = bank.at("engineer")
    states = [(row.channel, row.state) for row in send_due(ctx).deliveries]
    assert sorted(states) == [("pager", "done"), ("room", "done")]
    assert "Open:" in receiver.bodies[-1]["text"]
    assert send_due(ctx).deliveries == ()


def test_rules_that_cannot_be_used_stop_no_sync_and_are_told(bank: Bank) -> None:
    configure(bank, "time_zone: Europe/Londn\n")
    (said,) = after_publish(bank.at("engineer"))
    assert said.startswith("alerts are not sent: cannot read the rules of alerts from")
    assert "line 1" in said


def test_rules_that_others_can_write_are_not_run(bank: Bank, receiver: Receiver) -> None:
    (bank.root / "config" / "alerts.yaml").chmod(0o666)
    with pytest.raises(ConfigError, match="can be changed by anybody"):
        send_due(bank.at("engineer"))


def test_what_ships_tells_nobody_and_remembers_nothing(bank: Bank) -> None:
    ctx = bank.at("engineer")
    assert after_publish(ctx) == ()
    assert not (ctx.paths.state / FILE_NAME).exists()
    assert {row.fate for row in alerts(ctx)} == {"no_route"}


def test_every_kind_of_trouble_becomes_one_alert_with_a_key_of_its_own(bank: Bank) -> None:
    ctx = bank.at("engineer")
    with ctx.store.writer() as tx:
        row = {"pillar": "data_integrity", "frameworks": "{}", "message": "", "passed": 1,
               "failed": 2, "at": NOW}  # fmt: skip
        tx.append("control", [
            {"id": "c1", "title": "alarms", "severity": 2, "verdict": "alarm", **row},
            {"id": "c2", "title": "broken", "severity": 1, "verdict": "error", **row},
            {"id": "c3", "title": "old", "severity": 4, "verdict": "stale", **row},
        ])  # fmt: skip
        tx.append("kpi", [{"id": "k1", "ordinal": 0, "pillar": "data_integrity", "title": "Checks",
                           "definition": "", "unit": "percent", "target": 99.0,
                           "direction": "at_least"}])  # fmt: skip
        tx.append("kpi_reading", [{"kpi_id": "k1", "at": NOW, "value": 10.0, "sample": 9,
                                   "state": "alarm", "as_of": NOW}])  # fmt: skip
        tx.append("source", [{"name": "registry", "kind": "mlflow", "state": "failed",
                              "last_attempt": NOW, "cursor": "", "rows": 0, "pages": 0,
                              "is_truncated": False, "message": "silent", "hint": ""}])  # fmt: skip
    found = {row.key: (row.kind, row.severity) for row in alerts(ctx)}
    assert found["control:c1"] == ("control", "medium")
    assert found["control:c2"] == ("control", "high")
    assert "control:c3" not in found
    assert found["kpi:k1"] == ("kpi", "high")
    assert found["source:registry"] == ("source", "high")
    assert found["model:fraud"] == ("model_alarm", "critical")
    assert len(found) == len(alerts(ctx))
