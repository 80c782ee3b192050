"""From the alarm to the verified rollback, and everything that must stop it on the way."""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.cli import pages, subjects
from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.mlflow.connector import MlflowConnector
from riskcockpit.domain.action import Preview
from riskcockpit.domain.decision import DecisionState, EntryType
from riskcockpit.errors import ConfigError, RefusedError, UnavailableError, UnknownNameError
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import UNICODE
from riskcockpit.services import rollback as rollback_service
from riskcockpit.services.context import Context
from riskcockpit.services.decide import approve, plan_approve, plan_undo, reject, undo
from riskcockpit.services.desk import Desk
from riskcockpit.services.outbox import actions
from riskcockpit.services.rollback import plan_rollback, rollback
from riskcockpit.services.verify import verify_ledger
from riskcockpit.tui.modals.confirm import preview_text
from support.caches import NOW, finding, statement
from support.deciding import Bank, entry_types, make_bank
from support.fake_mlflow import FakeMlflow

pytestmark = pytest.mark.usefixtures("without_policy")


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def change(bank: Bank, text: str) -> None:
    """Change the published cache."""
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement(text))


def test_one_decision_rolls_back_reads_back_and_publishes(bank: Bank) -> None:
    result = rollback(bank.at("engineer"), "fraud")

    assert result.decision.state is DecisionState.GRANTED
    assert result.decision.rule == "rollback-alone"
    assert [row.state for row in result.actions] == ["done"]
    assert bank.registry.champion == 6
    assert bank.registry.sent == [result.decision.id]
    assert entry_types(bank) == [
        "rollback.requested", "action.sent", "action.confirmed", "rollback.executed",
    ]  # fmt: skip
    assert bank.rows("SELECT version FROM model_alias") == [(6,)]
    moves = bank.rows("SELECT from_version, to_version, decision_id FROM model_alias_move")
    assert moves == [(7, 6, result.decision.id)]
    assert bank.rows("SELECT is_rolled_back FROM model_version WHERE version = 7") == [(True,)]
    reacted = "SELECT title FROM finding WHERE {} IS NOT NULL"
    assert bank.rows(reacted.format("acknowledged_at")) == [("drop",)]
    assert bank.rows(reacted.format("contained_at")) == [("drop",)]
    assert verify_ledger(bank.at("engineer")).is_ok
    assert verify_ledger(bank.at("engineer")).checkpoints == 1


def test_the_preview_names_the_versions_the_reason_and_the_exact_calls(bank: Bank) -> None:
    plan = plan_rollback(bank.at("engineer"), "fraud")
    assert plan.title == "Roll fraud back to version 6"
    assert plan.calls == ("POST alias fraud@champion 6",)
    assert plan.blockers == ()
    assert plan.warnings == ()
    assert dict(plan.facts)["because"] == "accuracy 0.81 below 0.9"
    assert dict(plan.facts)["from version"] == "7"
    assert entry_types(bank) == []


def test_calls_of_a_source_that_does_not_answer_are_unknown_and_not_none(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert plan_rollback(bank.at("engineer"), "fraud").are_calls_known
    bank.is_production = True
    asked = rollback(bank.at("engineer"), "fraud")

    def away(_: object) -> Preview:
        raise UnavailableError("mlflow does not answer")

    monkeypatch.setattr(bank.registry, "preview", away)
    for plan in (
        plan_rollback(bank.at("engineer"), "fraud"),
        plan_approve(bank.at("approver"), asked.decision.id),
    ):
        assert plan.calls == ()
        assert not plan.are_calls_known
        text = "\n".join(line.plain for line in preview_text(plan, Frame(NOW, UNICODE), 70))
        assert "unknown: a source that would be called did not answer" in text
        assert re.search("upstream call +unknown", pages.preview(plan))
        assert subjects.preview(plan)["calls_known"] is False


def test_in_production_it_takes_two_persons_and_is_sent_with_the_second_key(bank: Bank) -> None:
    bank.is_production = True
    result = rollback(bank.at("engineer"), "fraud")
    assert result.decision.state is DecisionState.REQUESTED
    assert [row.state for row in result.actions] == ["requested"]
    assert bank.registry.sent == []
    with pytest.raises(RefusedError, match="has signed this already"):
        approve(bank.at("engineer"), result.decision.id)
    with pytest.raises(RefusedError, match="on its way"):
        rollback(bank.at("engineer"), "fraud")

    plan = plan_approve(bank.at("approver"), result.decision.id)
    assert plan.calls == ("POST alias fraud@champion 6",)
    assert dict(plan.facts)["because"] == "accuracy 0.81 below 0.9"
    answer = approve(bank.at("approver"), result.decision.id[:10])
    assert [row.state for row in answer.actions] == ["done"]
    assert bank.registry.champion == 6
    assert "rollback.approved" in entry_types(bank)


def test_a_rejected_request_is_never_sent(bank: Bank) -> None:
    bank.is_production = True
    result = rollback(bank.at("engineer"), "fraud")
    reject(bank.at("approver"), result.decision.id, "wait for the retrained one")
    assert bank.rows("SELECT state FROM action") == [("rejected",)]
    assert bank.registry.sent == []


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (9, "has no version 9"),
        (7, "not older than the champion"),
        (5, "was rolled back itself"),
    ],
)
def test_a_version_that_may_not_serve_is_refused(bank: Bank, to: int, why: str) -> None:
    assert why in " ".join(plan_rollback(bank.at("engineer"), "fraud", to).blockers)
    with pytest.raises(RefusedError, match=why) as caught:
        rollback(bank.at("engineer"), "fraud", to)
    assert caught.value.rule == "rollback-guards"
    assert entry_types(bank) == []


@pytest.mark.parametrize(
    ("text", "to", "why"),
    [
        ("UPDATE model_version SET status = 'PENDING' WHERE version = 6", 6, "not READY"),
        ("UPDATE model_version SET tags = MAP {} WHERE version = 6", 6, "not approved"),
        ("UPDATE reading SET value = 0.7, is_breach = true WHERE version = 6", 6, "beyond its"),
        ("DELETE FROM model_alias", None, "has no champion"),
        ("UPDATE model_version SET status = 'PENDING'", None, "no version older than 7"),
    ],
)
def test_each_guard_blocks(bank: Bank, text: str, to: int | None, why: str) -> None:
    change(bank, text)
    with pytest.raises(RefusedError, match=why):
        rollback(bank.at("engineer"), "fraud", to)
    assert bank.registry.sent == []


def test_without_a_named_version_the_newest_that_may_serve_is_taken(bank: Bank) -> None:
    change(bank, "UPDATE model_version SET status = 'PENDING' WHERE version = 6")
    assert dict(plan_rollback(bank.at("engineer"), "fraud").facts)["to version"] == "4"


def test_what_is_upstream_now_wins_over_what_the_cache_says(bank: Bank) -> None:
    bank.registry.champion = 6
    with pytest.raises(RefusedError, match="champion is version 6"):
        rollback(bank.at("engineer"), "fraud")
    assert entry_types(bank) == []


def test_without_a_write_credential_the_reason_is_given(bank: Bank) -> None:
    bank.registry.may_write = False
    plan = plan_rollback(bank.at("engineer"), "fraud")
    assert "the source has no write credential" in plan.blockers


def test_a_source_that_is_not_configured_here_blocks(bank: Bank) -> None:
    plan = plan_rollback(bank.at("engineer", sources=()), "fraud")
    assert 'no source is called "registry" here' in plan.blockers[0]


def test_doubts_are_warnings_for_a_person(bank: Bank) -> None:
    change(bank, 'UPDATE reading SET "at" = reading.at - INTERVAL 1 HOUR WHERE version = 7')
    with bank.at("engineer").store.writer() as tx:
        data = finding("nulls in amount", asset="fraud", model="fraud", **{"class": "data"})
        tx.append("finding", [data])
    warnings = " ".join(plan_rollback(bank.at("engineer"), "fraud").warnings)
    assert "is 62 minutes old" in warnings
    assert "nulls in amount" in warnings
    change(bank, "UPDATE reading SET metric_class = 'drift'")
    warnings = " ".join(plan_rollback(bank.at("engineer"), "fraud").warnings)
    assert "no accuracy or bias reading of version 7" in warnings


def test_a_second_rollback_soon_after_is_warned_about(bank: Bank) -> None:
    rollback(bank.at("engineer"), "fraud")
    bank.clock.at += timedelta(minutes=30)
    warnings = plan_rollback(bank.at("engineer"), "fraud", 4).warnings
    assert any("within the cooldown" in warning for warning in warnings)


def test_the_precondition_is_checked_at_the_moment_of_sending(bank: Bank) -> None:
    def somebody_else_moves_it() -> None:
        bank.registry.champion = 8

    bank.registry.before_apply = somebody_else_moves_it
    result = rollback(bank.at("engineer"), "fraud")
    assert [row.state for row in result.actions] == ["refused"]
    assert bank.registry.champion == 8
    assert entry_types(bank)[-1] == "action.refused"
    assert bank.rows("SELECT count(*) FROM model_alias_move") == [(0,)]


def test_undo_of_a_done_rollback_is_a_decision_with_its_own_receipt(bank: Bank) -> None:
    first = rollback(bank.at("engineer"), "fraud")
    plan = plan_undo(bank.at("engineer"))
    assert plan.title == "Put fraud back to version 7"
    assert plan.calls == ("POST alias fraud@champion 7",)

    result = undo(bank.at("engineer"))
    assert bank.registry.champion == 7
    assert result.decision.id != first.decision.id
    kinds = [(row.kind, row.state) for row in actions(bank.at("engineer"))]
    assert kinds == [("model.promote", "done"), ("model.rollback", "done")]
    assert bank.rows("SELECT version FROM model_alias") == [(7,)]
    assert bank.rows("SELECT count(*) FROM model_alias_move") == [(2,)]


def test_undo_in_production_takes_two_persons_as_well(bank: Bank) -> None:
    bank.is_production = True
    first = rollback(bank.at("engineer"), "fraud")
    undo(bank.at("engineer"))
    assert bank.rows("SELECT state FROM action") == [("undone",)]
    with pytest.raises(RefusedError, match="is undone"):
        approve(bank.at("approver"), first.decision.id)

    second = rollback(bank.at("engineer"), "fraud")
    approve(bank.at("approver"), second.decision.id)
    assert undo(bank.at("engineer")).decision.state is DecisionState.REQUESTED
    assert bank.registry.champion == 6


def test_a_model_nobody_knows_is_named_with_its_nearest(bank: Bank) -> None:
    with pytest.raises(UnknownNameError) as caught:
        plan_rollback(bank.at("engineer"), "frauds")
    assert caught.value.hint == "did you mean fraud?"


def test_a_move_that_a_sync_saw_is_explained_by_our_decision(bank: Bank) -> None:
    result = rollback(bank.at("engineer"), "fraud")
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement("DELETE FROM model_alias_move"))
        seen = {"model": "fraud", "alias": "champion", "from_version": 7, "to_version": 6}
        by_hand = {**seen, "from_version": 3, "to_version": 7}
        tx.append(
            "model_alias_move",
            [
                {**seen, "at": NOW + timedelta(hours=1), "decision_id": ""},
                {**by_hand, "at": NOW - timedelta(days=3), "decision_id": ""},
            ],
        )
    bank.publish()
    bank.publish()
    rows = bank.rows("SELECT m.decision_id FROM model_alias_move AS m ORDER BY m.at")
    assert rows == [("",), (result.decision.id,)]


def test_the_real_connector_moves_the_alias_of_mlflow(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = FakeMlflow(name="fraud", champion=7)
    spec = SourceSpec("registry", "https://m.example", write=Credential("t", "env W"))
    monkeypatch.setattr(
        Context, "connector", lambda self, _source: MlflowConnector.build(spec, self.clock)
    )
    with replayed(mlflow):
        plan = plan_rollback(bank.at("engineer"), "fraud")
        assert plan.blockers == ()
        assert [call.split()[0] for call in plan.calls] == ["GET", "POST", "GET", "POST"]
        result = rollback(bank.at("engineer"), "fraud")
        assert [row.state for row in result.actions] == ["done"]
        assert mlflow.champion == 6
        assert undo(bank.at("engineer")).actions[0].state == "done"
    assert mlflow.champion == 7
    assert "riskcockpit.rolled_back" not in mlflow.versions[7]


def test_a_decision_stands_even_when_the_cache_cannot_be_published(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ConfigError("a control is wrong")

    monkeypatch.setattr(sys.modules["riskcockpit.services.judging"], "judge", fail)
    result = rollback(bank.at("engineer"), "fraud")
    assert result.message == "the cache will show it after the next sync: a control is wrong"
    assert bank.registry.champion == 6
    assert [row.state for row in actions(bank.at("engineer"))] == ["done"]


@pytest.mark.parametrize("version", [6, 7])
@pytest.mark.parametrize("author", ["approver", "Approver@bank.example"])
def test_who_trained_either_version_does_not_approve_the_move(
    bank: Bank, version: int, author: str
) -> None:
    bank.is_production = True
    change(bank, f"UPDATE model_version SET run_user = '{author}' WHERE version = {version}")
    request = rollback(bank.at("engineer"), "fraud").decision.id
    with pytest.raises(RefusedError, match="approver made what this is about"):
        approve(bank.at("approver"), request)
    assert "approver made" in plan_approve(bank.at("approver"), request).blockers[0]
    assert (entry_types(bank), bank.registry.sent) == (["rollback.requested"], [])


def test_a_request_that_conceals_the_author_is_not_approved_by_the_author(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.is_production = True
    change(bank, "UPDATE model_version SET run_user = 'approver'")
    with monkeypatch.context() as patch:
        patch.setattr(rollback_service, "authors_of_versions", lambda *_: ())
        request = rollback(bank.at("engineer"), "fraud").decision.id
    with pytest.raises(RefusedError, match="approver made what this is about"):
        approve(bank.at("approver"), request)


def test_an_approval_of_an_author_that_was_signed_all_the_same_does_not_count(
    bank: Bank,
) -> None:
    bank.is_production = True
    change(bank, "UPDATE model_version SET run_user = 'approver'")
    request = rollback(bank.at("engineer"), "fraud").decision
    desk = Desk(bank.at("approver"))
    rule = desk.roles.rule(request.rule)
    assert rule is not None
    key = {"request": request.id, "model": "fraud", "comment": "", **desk.grounds(rule)}
    desk.sign(EntryType.ROLLBACK_APPROVED, key)
    bank.publish()
    assert bank.rows("SELECT state FROM action") == [("requested",)]


def test_the_author_may_ask_and_another_person_approves(bank: Bank) -> None:
    bank.is_production = True
    change(bank, "UPDATE model_version SET run_user = 'engineer'")
    request = rollback(bank.at("engineer"), "fraud").decision.id
    approve(bank.at("approver"), request)
    assert bank.registry.champion == 6
