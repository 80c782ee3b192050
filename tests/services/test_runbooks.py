"""Runbooks: what their steps do, and above all what they do not do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from riskcockpit.config.incidents import Runbook, Step
from riskcockpit.domain.incident import Incident, IncidentState
from riskcockpit.errors import BusyError, RefusedError, UnknownNameError
from riskcockpit.services import runbook_steps
from riskcockpit.services.answers import approve, reject
from riskcockpit.services.context import Context
from riskcockpit.services.decide import undo
from riskcockpit.services.incident_rules import advance
from riskcockpit.services.incidents import contain, drills, incidents
from riskcockpit.services.rollback import rollback
from riskcockpit.services.runbook_steps import StepDone, Waiting
from riskcockpit.services.runbooks import (
    check_names,
    foresee_walk,
    record_drill,
    runbook_called,
    walk,
)
from riskcockpit.views.governance import DecisionPreview
from riskcockpit.views.reports import SourceOutcome, SyncReport
from support.caches import statement
from support.deciding import Bank, make_bank, model_rows

CONTAIN = Runbook(
    id="contain", title="t", steps=(Step(id="contain", title="Roll back", do="rollback"),)
)
VERIFY = Runbook(id="verify", title="t", steps=(Step(id="verify", title="Look", do="verify"),))


@dataclass
class Sources:
    """What the next look at the sources brings."""

    bank: Bank
    states: dict[str, str] = field(default_factory=lambda: {"registry": "ok", "metrics": "ok"})
    arrives: Callable[[], None] = lambda: None

    def sync(self, ctx: Context) -> SyncReport:
        self.arrives()
        outcomes = tuple(
            SourceOutcome(name, "x", state, 0, 0, 0.0, "refused" if state == "failed" else "")
            for name, state in self.states.items()
        )
        return SyncReport(outcomes, is_dry_run=False, generation=ctx.store.generation())


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


@pytest.fixture
def sources(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Sources:
    found = Sources(bank)
    monkeypatch.setattr(runbook_steps, "sync", found.sync)
    return found


def opened(bank: Bank) -> Incident:
    assert advance(bank.at("engineer")) == ""
    return found(bank)


def found(bank: Bank) -> Incident:
    return incidents(bank.at("engineer"), is_all=True)[0]


def take(bank: Bank, book: Runbook, who: str = "engineer") -> StepDone:
    return list(walk(bank.at(who), book, found(bank), lambda _: "", lambda _: True))[-1]


def change(bank: Bank, text: str) -> None:
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement(text))


def measured(
    bank: Bank, version: int | None, value: float, at: datetime | None = None, **changes: object
) -> None:
    """Let a reading of the accuracy arrive, as of now."""
    row = {
        **model_rows()["reading"][0], "version": version, "value": value,
        "is_breach": value < 0.9, "at": at or bank.clock.at, **changes,
    }  # fmt: skip
    with bank.at("engineer").store.writer() as tx:
        tx.append("reading", [row])


def serves(bank: Bank, version: int) -> None:
    """Let the cache know that another version serves; its alarms ended with the one before."""
    bank.registry.champion = version
    change(bank, f"UPDATE model_alias SET version = {version}")


def contained(bank: Bank) -> Incident:
    """Return an incident that a rollback contained, as the next sync sees it."""
    opened(bank)
    rollback(bank.at("engineer"), "fraud")
    serves(bank, 6)
    change(bank, "UPDATE finding SET state = 'fixed', fixed_at = last_seen WHERE class = 'model'")
    bank.clock.at += timedelta(minutes=1)
    return found(bank)


def test_a_runbook_is_walked_until_it_waits_for_a_person_and_goes_on_there(
    bank: Bank, sources: Sources
) -> None:
    known = opened(bank)
    engineer = bank.at("engineer")
    book = runbook_called(engineer.paths, "model-breach")
    steps = list(walk(engineer, book, known, lambda _: "", lambda _: True))
    assert [step.step.id for step in steps] == ["look", "explain", "data"]
    assert (steps[-1].is_done, steps[-1].waits_for) == (False, Waiting.PERSON)
    known = found(bank)
    assert known.acknowledged_at is not None, "who walks through it looks after it"
    with pytest.raises(UnknownNameError, match="dada"):
        check_names(book, known, {"dada": "looked"})
    said = {"data": "the checks are green"}

    def arrives() -> None:
        serves(bank, 6)
        measured(bank, 6, 0.94)

    sources.arrives = arrives
    bank.clock.at += timedelta(seconds=1)
    steps = list(walk(engineer, book, known, lambda step: said.get(step.id, ""), lambda _: True))
    assert [step.step.id for step in steps] == ["data", "contain", "verify", "tell"]
    assert steps[1].detail == ("fraud: champion from version 7 back to version 6: done"), (
        "the older version is named"
    )
    known = found(bank)
    assert [step for _, step in known.steps] == ["look", "explain", "data", "contain", "verify"]
    assert known.state is IncidentState.CONTAINED


def test_what_was_contained_is_not_rolled_back_again_and_the_step_names_what_did(
    bank: Bank,
) -> None:
    contained(bank)
    sent = list(bank.registry.sent)
    done = take(bank, CONTAIN)
    assert done.is_done
    assert "version 7, at fault, was rolled back" in done.detail
    assert sent[0][:10] in done.detail
    assert (bank.registry.champion, bank.registry.sent) == (6, sent)


def test_a_person_who_contained_it_by_word_is_believed(bank: Bank) -> None:
    known = opened(bank)
    contain(bank.at("engineer"), known.id, "the scores are not used")
    done = take(bank, CONTAIN)
    assert done.is_done
    assert "the scores are not used" in done.detail
    assert bank.registry.sent == []


def test_an_incident_that_is_over_rolls_nothing_back(bank: Bank) -> None:
    known = opened(bank)
    change(bank, "UPDATE finding SET state = 'fixed', fixed_at = last_seen WHERE class = 'model'")
    bank.clock.at += timedelta(minutes=11)
    advance(bank.at("engineer"))
    assert found(bank).state is IncidentState.RESOLVED
    done = take(bank, CONTAIN)
    assert (done.is_done, bank.registry.sent) == (True, [])
    assert "its alarm ended at" in done.detail
    assert known.id == found(bank).id


def test_a_version_that_breaches_nothing_keeps_its_place(bank: Bank) -> None:
    opened(bank)
    serves(bank, 6)
    done = take(bank, CONTAIN)
    assert (done.state, bank.registry.sent) == ("failed", [])
    assert "no accuracy or bias alarm of this incident stands on version 6" in done.detail
    assert "riskcockpit rollback fraud" in done.hint


def test_nothing_is_rolled_back_for_a_breach_that_does_not_stand(bank: Bank) -> None:
    opened(bank)
    for there, back, why in (
        (
            "UPDATE finding SET state = 'fixed', fixed_at = last_seen WHERE title = 'drop'",
            "UPDATE finding SET state = 'open', fixed_at = NULL WHERE title = 'drop'",
            "stands on version 7",
        ),
        (
            'UPDATE reading SET "at" = "at" - INTERVAL 30 MINUTE',
            'UPDATE reading SET "at" = "at" + INTERVAL 30 MINUTE',
            "too old",
        ),
        ("DELETE FROM model_alias", "SELECT 1", "version None"),
    ):
        change(bank, there)
        done = take(bank, CONTAIN)
        assert (done.state, bank.registry.sent) == ("failed", [])
        assert why in done.detail
        change(bank, back)


def test_a_guard_or_a_missing_credential_fails_the_step_and_signs_nothing(bank: Bank) -> None:
    opened(bank)
    bank.registry.may_write = False
    before = len(bank.at("engineer").reading_journal().entries())
    done = take(bank, CONTAIN)
    assert (done.state, bank.registry.sent) == ("failed", [])
    assert "no write credential" in done.detail
    assert len(bank.at("engineer").reading_journal().entries()) == before


def test_the_warnings_and_the_preview_of_the_rollback_reach_the_person_who_may_say_no(
    bank: Bank,
) -> None:
    known = opened(bank)
    change(
        bank,
        "INSERT INTO finding BY NAME SELECT * REPLACE ('d1' AS id, 'data' AS class, "
        "'rows are missing' AS title, 'fraud' AS model) FROM finding WHERE title = 'drop'",
    )
    seen: list[DecisionPreview] = []

    def no(plan: DecisionPreview) -> bool:
        seen.append(plan)
        return False

    (done,) = walk(bank.at("engineer"), CONTAIN, known, lambda _: "", no)
    assert (done.state, bank.registry.sent) == ("failed", [])
    assert "nothing was sent" in done.detail
    assert any("in doubt" in warning for warning in done.warnings)
    (plan,) = seen
    assert dict(plan.facts)["from version"] == "7"
    assert dict(plan.facts)["to version"] == "6"
    assert plan.calls == ("POST alias fraud@champion 6",)
    assert plan.exposure is not None
    assert found(bank).steps == ()


def test_a_champion_that_moved_while_the_person_was_asked_is_left_alone(bank: Bank) -> None:
    known = opened(bank)

    def moved(_: DecisionPreview) -> bool:
        serves(bank, 6)
        return True

    (done,) = walk(bank.at("engineer"), CONTAIN, known, lambda _: "", moved)
    assert (done.state, bank.registry.sent) == ("failed", [])


def test_looking_ahead_shows_the_call_and_changes_nothing(bank: Bank) -> None:
    known = opened(bank)
    engineer = bank.at("engineer")
    before = len(engineer.reading_journal().entries())
    book = runbook_called(engineer.paths, "model-breach")
    steps = {each.step.id: each for each in foresee_walk(engineer, book, known)}
    assert list(steps) == [step.id for step in book.steps]
    assert steps["contain"].preview is not None
    assert steps["contain"].preview.calls == ("POST alias fraud@champion 6",)
    assert bank.registry.sent == []
    assert len(engineer.reading_journal().entries()) == before
    contained(bank)
    (ahead,) = foresee_walk(engineer, CONTAIN, found(bank))
    assert (ahead.is_done, ahead.preview) == (True, None)


def test_with_four_eyes_the_step_waits_and_goes_on_after_the_approval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = make_bank(tmp_path / "home", monkeypatch)
    bank.is_production = True
    opened(bank)
    done = take(bank, CONTAIN)
    assert done.waits_for is Waiting.APPROVAL
    assert "riskcockpit approve" in done.hint
    again = take(bank, CONTAIN)
    assert again.waits_for is Waiting.APPROVAL, "it finds its own request"
    requests = [e.hash for e in bank.at("engineer").reading_journal().entries()
                if e.type.value == "rollback.requested"]  # fmt: skip
    assert len(requests) == 1
    assert requests[0][:10] in again.hint
    approve(bank.at("approver"), requests[0])
    assert bank.registry.champion == 6
    done = take(bank, CONTAIN)
    assert done.is_done, "before any sync, and with no second request"
    assert [step for _, step in found(bank).steps] == ["contain"]
    asked = [e for e in bank.at("engineer").reading_journal().entries()
             if e.type.value == "rollback.requested"]  # fmt: skip
    assert len(asked) == 1


def test_what_a_person_rejected_or_took_back_is_not_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank = make_bank(tmp_path / "home", monkeypatch)
    bank.is_production = True
    opened(bank)
    asked = take(bank, CONTAIN).hint.split("`")[1].rpartition(" ")[2]
    reject(bank.at("approver"), asked, "the data is at fault")
    done = take(bank, CONTAIN)
    assert (done.state, bank.registry.sent) == ("failed", [])
    assert "rejected by approver" in done.detail

    other = make_bank(tmp_path / "other", monkeypatch)
    opened(other)
    assert take(other, CONTAIN).is_done
    assert len(found(other).steps) == 1
    other.clock.at += timedelta(minutes=1)
    undo(other.at("engineer"))
    assert other.registry.champion == 7
    sent = list(other.registry.sent)
    done = take(other, CONTAIN)
    assert found(other).steps == (), "what was done before has to be done again"
    assert (done.state, other.registry.sent) == ("failed", sent)
    assert "version 7 was put back since" in done.detail


def test_what_was_sent_and_not_read_back_is_waited_for(bank: Bank) -> None:
    opened(bank)

    def lost() -> None:
        raise BusyError("the connection was lost")

    bank.registry.after_set = lost
    bank.registry.before_observe = lost
    done = take(bank, CONTAIN)
    assert done.state != "done"
    sent = list(bank.registry.sent)
    again = take(bank, CONTAIN)
    assert again.waits_for is Waiting.UPSTREAM
    assert "riskcockpit actions retry" in again.hint
    assert bank.registry.sent == sent


def test_verify_passes_only_with_fresh_good_readings_of_what_serves_since_the_containment(
    bank: Bank, sources: Sources
) -> None:
    contained(bank)

    def after(minutes: int, version: int, value: float) -> StepDone:
        bank.clock.at += timedelta(minutes=minutes)
        sources.arrives = lambda: measured(bank, version, value)
        done = take(bank, VERIFY)
        assert len(found(bank).steps) == done.is_done, "only what was proven is signed"
        return done

    done = after(1, 7, 0.94)
    assert done.waits_for is Waiting.READINGS
    assert "no reading of accuracy of version 6 since" in done.detail
    done = after(1, 6, 0.8)
    assert done.waits_for is Waiting.READINGS
    assert "accuracy 0.8 below 0.9; it has until" in done.detail
    done = after(40, 6, 0.8)
    assert (done.state, "accuracy 0.8 below 0.9" in done.detail) == ("failed", True)
    done = after(1, 6, 0.94)
    assert (done.state, "version 6 is within its limits since" in done.detail) == ("done", True)


def test_each_metric_that_was_in_breach_has_to_be_measured_again(
    bank: Bank, sources: Sources
) -> None:
    change(
        bank,
        "INSERT INTO finding BY NAME SELECT * REPLACE ('b1' AS id, 'bias' AS metric, "
        "'unfair' AS title) FROM finding WHERE title = 'drop'",
    )
    measured(bank, 7, 0.8, metric="bias", metric_class="bias")
    contained(bank)
    sources.arrives = lambda: measured(bank, 6, 0.94)
    done = take(bank, VERIFY)
    assert done.waits_for is Waiting.READINGS
    assert "bias" in done.detail
    measured(bank, 6, 0.95, metric="bias", metric_class="bias")
    assert take(bank, VERIFY).is_done


def test_verify_says_that_the_sources_failed_and_signs_nothing(
    bank: Bank, sources: Sources
) -> None:
    contained(bank)
    measured(bank, 6, 0.94)
    sources.states["metrics"] = "failed"
    done = take(bank, VERIFY)
    assert (done.state, "metrics failed: refused" in done.detail) == ("failed", True)
    assert found(bank).steps == ()
    sources.states = {"registry": "ok", "metrics": "ok", "tickets": "failed"}
    done = take(bank, VERIFY)
    assert done.is_done, "what tells nothing of this model stops nothing"
    assert done.warnings == ("tickets failed: refused",)


def test_nothing_is_proven_of_an_incident_that_nothing_contained(
    bank: Bank, sources: Sources
) -> None:
    opened(bank)
    measured(bank, 7, 0.95)
    done = take(bank, VERIFY)
    assert (done.state, "nothing contained" in done.detail) == ("failed", True)
    del sources


def test_a_drill_is_signed_and_counts_only_when_it_passed(bank: Bank) -> None:
    engineer = bank.at("engineer")
    book = runbook_called(engineer.paths, "model-breach")
    passed = tuple(StepDone(step, is_done=True, detail="done") for step in book.steps)
    record_drill(engineer, book, passed, 12.3456)
    record_drill(engineer, book, (StepDone(book.steps[0], is_done=False, detail="away"),), 1.0)
    failed, good = drills(engineer)
    assert (good.is_passed, good.seconds, failed.is_passed) == (True, 12.346, False)
    assert bank.rows("SELECT is_passed FROM drill ORDER BY is_passed DESC") == [(True,), (False,)]


def test_a_runbook_is_for_the_incidents_it_names(bank: Bank) -> None:
    known = opened(bank)
    engineer = bank.at("engineer")
    book = runbook_called(engineer.paths, "data-breach")
    with pytest.raises(RefusedError, match="data-breach") as caught:
        list(walk(engineer, book, known, lambda _: "", lambda _: True))
    assert caught.value.hint == "for this one: model-breach"
    assert found(bank).acknowledged_at is None
