"""Incidents: opened from alarms by rule, looked after by people, ended, escalated, reviewed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.config.incidents import read_incidents, read_runbooks
from riskcockpit.decisions.incidents import INCIDENT
from riskcockpit.decisions.notes import KIND, NoteKind
from riskcockpit.domain.automation import Asked, AutomationRecord
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.incident import ContainedBy, Incident, IncidentState
from riskcockpit.errors import ConfigError, InputError, RefusedError, UnknownNameError
from riskcockpit.services.decide import undo
from riskcockpit.services.desk import Desk
from riskcockpit.services.incident_rules import advance, due_steps
from riskcockpit.services.incidents import (
    acknowledge,
    add_note,
    assign,
    contain,
    incidents,
    resolve,
    review,
)
from riskcockpit.services.record import projected
from riskcockpit.services.rollback import rollback
from riskcockpit.services.verify import verify_ledger
from support.caches import finding, statement
from support.deciding import Bank, id_of, make_bank

WHY = "the feature store was loaded twice; the loader now refuses a second load of a day"


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def opened(bank: Bank) -> Incident:
    assert advance(bank.at("engineer")) == ""
    (found,) = incidents(bank.at("engineer"))
    return found


def change(bank: Bank, text: str) -> None:
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement(text))


def fixed(bank: Bank) -> None:
    change(bank, "UPDATE finding SET state = 'fixed', fixed_at = last_seen WHERE class = 'model'")


def broken(bank: Bank) -> None:
    change(bank, "UPDATE finding SET state = 'open', fixed_at = NULL WHERE class = 'model'")


def test_grave_alarms_about_a_model_are_one_incident_and_further_ones_join(bank: Bank) -> None:
    found = opened(bank)
    assert (found.subject, found.state, found.owner) == ("fraud", IncidentState.OPEN, "payments")
    assert found.alerts == (id_of("drop"),)
    assert found.severity.word == "critical"
    with bank.at("engineer").store.writer() as tx:
        tx.append("finding", [finding("unfair", severity=3, model="fraud", asset="fraud",
                                      **{"class": "model"})])  # fmt: skip
    found = opened(bank)
    assert set(found.alerts) == {id_of("drop"), id_of("unfair")}
    assert [event.kind for event in found.timeline] == ["opened", "joined"]
    before = len(bank.at("engineer").reading_journal().entries())
    assert opened(bank) == found
    assert len(bank.at("engineer").reading_journal().entries()) == before, "nothing to say"


def test_a_whole_life_is_signed_step_by_step_and_projected(bank: Bank) -> None:
    id_ = opened(bank).id[:10]
    engineer = bank.at("engineer")
    assert acknowledge(engineer, id_, "")[0].state is IncidentState.ACKNOWLEDGED
    assert assign(engineer, id_, "approver", "knows the data")[0].owner == "approver"
    add_note(engineer, id_, "the data looks fine")
    found, _ = contain(engineer, id_, "the scores are not used until further notice")
    assert (found.state, found.contained_by) == (IncidentState.CONTAINED, ContainedBy.PERSON)
    with pytest.raises(RefusedError, match="goes on"):
        review(engineer, id_, WHY)
    fixed(bank)
    found, _ = resolve(engineer, id_, "a retrained version serves")
    assert found.review_due_at == (found.resolved_at or found.detected_at) + timedelta(days=5)
    with pytest.raises(InputError, match="20 characters"):
        review(engineer, id_, "fixed")
    assert review(engineer, id_, WHY)[0].state is IncidentState.REVIEWED
    assert incidents(engineer) == ()
    (kept,) = incidents(engineer, is_all=True)
    assert [event.kind for event in kept.timeline] == [
        "opened", "acknowledged", "assigned", "noted", "contained", "resolved", "reviewed",
    ]  # fmt: skip
    assert verify_ledger(engineer).is_ok
    rows = bank.rows("SELECT state, owner, contained_by FROM incident")
    assert rows == [("reviewed", "approver", "person")]
    assert bank.rows("SELECT acknowledged_at IS NOT NULL FROM finding WHERE title = 'drop'")


def test_no_clock_is_stopped_twice(bank: Bank) -> None:
    id_ = opened(bank).id
    engineer = bank.at("engineer")
    acknowledge(engineer, id_, "")
    fixed(bank)
    resolve(engineer, id_, "it was a drill")
    review(engineer, id_, WHY)
    for verb in (acknowledge, contain, resolve, review):
        with pytest.raises(RefusedError) as caught:
            verb(engineer, id_, WHY)
        assert caught.value.rule == "incident-clocks"


def test_who_decides_nothing_takes_no_step(bank: Bank) -> None:
    id_ = opened(bank).id
    with pytest.raises(RefusedError):
        acknowledge(bank.at("auditor"), id_, "")
    with pytest.raises(UnknownNameError, match="no incident"):
        acknowledge(bank.at("engineer"), "abcdef", "")


def test_a_confirmed_rollback_contains_the_incident_of_its_model(bank: Bank) -> None:
    opened(bank)
    rollback(bank.at("engineer"), "fraud")
    (found,) = incidents(bank.at("engineer"))
    assert (found.state, found.contained_by) == (IncidentState.CONTAINED, ContainedBy.PERSON)
    assert "rolled back" in found.timeline[-1].detail


def test_an_undo_takes_back_nothing_before_what_was_said_of_an_incident(bank: Bank) -> None:
    found = opened(bank)
    moved = rollback(bank.at("engineer"), "fraud")
    acknowledge(bank.at("engineer"), found.id, "I look after it")
    with pytest.raises(RefusedError, match="what was said of an incident stays") as refused:
        undo(bank.at("engineer"))
    assert refused.value.rule == "undo-final"
    assert moved.decision.id[:10] in str(refused.value.hint)
    assert bank.registry.champion == 6
    undo(bank.at("engineer"), moved.decision.id)
    assert bank.registry.champion == 7


def test_a_rollback_that_is_undone_contains_nothing_and_opens_a_resolved_one_anew(
    bank: Bank,
) -> None:
    first = opened(bank).id
    engineer = bank.at("engineer")
    rollback(engineer, "fraud")
    bank.clock.at += timedelta(minutes=1)
    undo(engineer)
    (found,) = incidents(engineer)
    assert (found.state, found.contained_at) == (IncidentState.OPEN, None)
    assert [event.kind for event in found.timeline] == ["opened", "contained", "returned"]
    contain(engineer, first, "the scores are not used until further notice")

    fixed(bank)
    resolve(engineer, first, "a second rollback follows")
    broken(bank)
    rollback(engineer, "fraud")
    advance(engineer)
    assert [each.id for each in incidents(engineer)] == [first]
    bank.clock.at += timedelta(minutes=1)
    undo(engineer)
    advance(engineer)
    again, before = incidents(engineer)
    assert (again.state, before.id, before.state) == (
        IncidentState.OPEN, first, IncidentState.RESOLVED,
    )  # fmt: skip
    advance(engineer)
    assert len(incidents(engineer)) == 2


def test_a_rollback_contains_no_more_once_the_version_that_took_over_fails(bank: Bank) -> None:
    engineer = bank.at("engineer")
    opened(bank)
    rollback(engineer, "fraud")
    assert not due_steps(engineer), "the fault of before is contained"
    bank.clock.at += timedelta(minutes=3)
    back = bank.clock.at.replace(tzinfo=None)
    change(bank, f"UPDATE finding SET reopened_at = TIMESTAMP '{back}' WHERE title = 'drop'")
    assert advance(engineer) == ""
    (found,) = incidents(engineer)
    assert (found.state, found.contained_at, found.steps) == (IncidentState.OPEN, None, ())
    assert [event.kind for event in found.timeline] == ["opened", "contained", "reopened"]
    assert not due_steps(engineer), "said once"
    bank.clock.at += timedelta(minutes=3)
    contain(engineer, found.id, "the scores are not used until further notice")
    bank.clock.at += timedelta(minutes=3)
    back = bank.clock.at.replace(tzinfo=None)
    change(bank, f"UPDATE finding SET reopened_at = TIMESTAMP '{back}' WHERE title = 'drop'")
    assert not due_steps(engineer), "a word stands"
    (found,) = incidents(engineer)
    assert found.contained_at is not None
    assert found.contained_at > found.detected_at + timedelta(minutes=5), "the clock went on"


def test_an_alert_about_a_version_that_no_longer_serves_is_over(bank: Bank) -> None:
    named = "UPDATE finding SET tool = 'alertmanager', package_version = '{}' WHERE title = 'drop'"
    engineer = bank.at("engineer")
    change(bank, named.format("v3"))
    assert not due_steps(engineer), "it never was of what serves"
    change(bank, named.format("v7"))
    opened(bank)
    rollback(engineer, "fraud")
    bank.clock.at += timedelta(minutes=11)
    (step,) = due_steps(engineer)
    assert (step.kind, step.data["ended"]) == (NoteKind.INCIDENT_RESOLVED, True)


def test_silence_after_a_rollback_takes_no_containment_back(bank: Bank) -> None:
    engineer = bank.at("engineer")
    opened(bank)
    rollback(engineer, "fraud")
    bank.clock.at += timedelta(minutes=3)
    back = bank.clock.at.replace(tzinfo=None)
    for rule, is_due in (("reading.stale", False), ("rollback.no-recovery", True)):
        change(bank, f"UPDATE finding SET onset_at = TIMESTAMP '{back}', reopened_at = NULL,"
                     f" rule = '{rule}' WHERE title = 'drop'")  # fmt: skip
        assert bool(due_steps(engineer)) is is_due


def test_what_automation_said_of_the_incident_before_does_not_date_the_next_one(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(bank)
    fixed(bank)
    resolve(bank.at("engineer"), first.id, "the scores are not used any more")
    broken(bank)
    asked = Asked("fraud", 7, "accuracy", first.detected_at, is_enforced=False)
    said = AutomationRecord(asked=(asked,))
    monkeypatch.setattr(
        f"{advance.__module__}.projected", lambda *a: replace(projected(*a), automation=said)
    )
    back = (bank.clock.at + timedelta(minutes=1)).replace(tzinfo=None)
    change(bank, f"UPDATE finding SET reopened_at = TIMESTAMP '{back}' WHERE title = 'drop'")
    bank.clock.at += timedelta(minutes=2)
    advance(bank.at("engineer"))
    assert not due_steps(bank.at("engineer")), "said once"
    assert incidents(bank.at("engineer"))[0].state is IncidentState.OPEN


def test_it_is_resolved_by_itself_when_all_its_alarms_ended_for_a_while(bank: Bank) -> None:
    opened(bank)
    fixed(bank)
    advance(bank.at("engineer"))
    (found,) = incidents(bank.at("engineer"))
    bank.clock.at += timedelta(minutes=11)
    advance(bank.at("engineer"))
    (found,) = incidents(bank.at("engineer"))
    assert (found.state, found.contained_by) == (IncidentState.RESOLVED, ContainedBy.END)
    assert found.resolved_at is not None
    assert found.resolved_at < bank.clock.at - timedelta(minutes=5), "when the alarms ended"
    bank.clock.at += timedelta(days=6)
    assert found.is_review_overdue(bank.clock.at)


def test_an_incident_whose_alarms_stand_is_not_resolved_without_saying_so(bank: Bank) -> None:
    first = opened(bank)
    engineer = bank.at("engineer")
    found, message = contain(engineer, first.id, "the scores are not used")
    assert "its alarm stands: drop" in message
    with pytest.raises(RefusedError, match="its alarm stands: drop") as caught:
        resolve(engineer, first.id, "I say it is over")
    assert (caught.value.rule, "--despite-alarms" in str(caught.value.hint)) == (
        "incident-alarms", True,
    )  # fmt: skip
    assert incidents(engineer) == (found,)


def test_what_is_resolved_while_its_alarms_stand_counts_as_neither_and_goes_on_when_they_do(
    bank: Bank,
) -> None:
    first = opened(bank)
    engineer = bank.at("engineer")
    found, _ = resolve(engineer, first.id, "the scores are not used", despite_alarms=True)
    assert (found.state, found.is_despite_alarms) == (IncidentState.RESOLVED, True)
    assert found.acknowledged_at is not None, "who resolves it looks after it"
    assert (found.contained_at, found.review_due_at) == (None, None)
    clocks = "SELECT acknowledged_at IS NULL, contained_at, resolved_at FROM incident"
    assert bank.rows(clocks) == [(False, None, None)]
    bank.clock.at += timedelta(minutes=5)
    advance(engineer)
    assert incidents(engineer) == (found,), "it may end yet"
    bank.clock.at += timedelta(minutes=6)
    advance(engineer)
    advance(engineer)
    (again,) = incidents(engineer)
    assert (again.id, again.state) == (first.id, IncidentState.ACKNOWLEDGED)
    assert [event.kind for event in again.timeline] == ["opened", "resolved", "reopened"]
    assert "alarms stand: drop" in again.timeline[-1].detail


def test_what_was_resolved_by_word_counts_from_when_its_alarms_ended(bank: Bank) -> None:
    first = opened(bank)
    engineer = bank.at("engineer")
    resolve(engineer, first.id, "the scores are not used", despite_alarms=True)
    fixed(bank)
    bank.clock.at += timedelta(minutes=11)
    advance(engineer)
    (found,) = incidents(engineer)
    assert (found.state, found.contained_by) == (IncidentState.RESOLVED, ContainedBy.END)
    assert (found.is_despite_alarms, found.review_due_at is not None) == (False, True)
    bank.publish()
    assert bank.rows("SELECT resolved_at IS NOT NULL FROM incident") == [(True,)]


def test_an_alarm_that_comes_back_after_the_end_is_an_incident_of_its_own(bank: Bank) -> None:
    first = opened(bank).id
    fixed(bank)
    resolve(bank.at("engineer"), first, "the scores are not used any more")
    broken(bank)
    advance(bank.at("engineer"))
    assert [each.id for each in incidents(bank.at("engineer"))] == [first]
    back = (bank.clock.at + timedelta(minutes=1)).replace(tzinfo=None)
    change(bank, f"UPDATE finding SET reopened_at = TIMESTAMP '{back}' WHERE title = 'drop'")
    bank.clock.at += timedelta(minutes=2)
    advance(bank.at("engineer"))
    advance(bank.at("engineer"))
    newest, oldest = incidents(bank.at("engineer"))
    assert (newest.state, oldest.id) == (IncidentState.OPEN, first)


def test_what_nobody_acknowledges_is_escalated_once(bank: Bank) -> None:
    opened(bank)
    bank.clock.at += timedelta(minutes=16)
    advance(bank.at("engineer"))
    advance(bank.at("engineer"))
    (found,) = incidents(bank.at("engineer"))
    assert [event.kind for event in found.timeline] == ["opened", "escalated"]
    assert found.escalated_at is not None


def test_two_computers_that_open_it_at_once_have_opened_one(bank: Bank) -> None:
    found = opened(bank)
    entry = next(e for e in bank.at("engineer").reading_journal().entries() if e.hash == found.id)
    desk = Desk(bank.at("approver"))
    twin = desk.sign(EntryType.NOTE, {**entry.data, "policy": desk.roles.digest})
    acknowledge(bank.at("engineer"), found.id, "")
    (one,) = incidents(bank.at("engineer"))
    assert one.id == found.id
    desk = Desk(bank.at("approver"))
    data = {KIND: NoteKind.INCIDENT_NOTED.value, INCIDENT: twin.hash, "subject": "fraud",
            "text": "seen here too"}  # fmt: skip
    desk.sign(EntryType.NOTE, {**data, "policy": desk.roles.digest})
    (one,) = incidents(bank.at("engineer"))
    assert one.timeline[-1].detail == "seen here too", "said of the other, it is said of this one"


def test_an_opening_that_cannot_be_read_opens_nothing(bank: Bank) -> None:
    found = opened(bank)
    entry = next(e for e in bank.at("engineer").reading_journal().entries() if e.hash == found.id)
    desk = Desk(bank.at("approver"))
    other = {**entry.data, "subject": "aml", "policy": desk.roles.digest}
    for broken in ({"severity": "odd"}, {"detected_at": "soon"}, {"alerts": "x"},
                   {"review_seconds": -1}, {"policy": "0" * 64}):  # fmt: skip
        desk.sign(EntryType.NOTE, {**other, **broken})
    assert incidents(bank.at("engineer")) == (found,)
    desk.sign(EntryType.NOTE, other)
    assert len(incidents(bank.at("engineer"))) == 2, "whole it would have opened one"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "rules:\n  - {id: a, title: b, severity: grave}\n",
            'line 2: rules.0..severity: .*"grave"',
        ),
        ("rules:\n  - {id: a, title: b, acknowledge_within: soon}\n", "acknowledge_within"),
        ("rules:\n  - {id: a, title: b, clases: [model]}\n", 'unknown key "clases"'),
    ],
)
def test_wrong_rules_are_refused_with_their_place(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "incidents.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=why):
        read_incidents(file)


def test_a_step_is_done_by_us_or_by_a_person_and_a_home_has_runbooks_of_its_own(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("id: own\ntitle: t\nsteps:\n  - {id: a, title: x}\n")
    with pytest.raises(ConfigError, match="has to say"):
        read_runbooks(tmp_path)
    file.write_text("id: own\ntitle: t\nsteps:\n  - {id: a, title: x, do: sync}\n")
    assert read_runbooks(tmp_path)["own"].steps[0].do == "sync"
