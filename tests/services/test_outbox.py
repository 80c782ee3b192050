"""Nothing is sent twice blindly: every way an action can be interrupted, and what happens next."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import RefusedError, UnavailableError, UnknownNameError
from riskcockpit.services.decide import approve, undo
from riskcockpit.services.outbox import actions, dispatch, retry
from riskcockpit.services.rollback import rollback
from support.deciding import Bank, entry_types, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")


class KilledError(BaseException):
    """Stands for kill -9: nothing catches it."""


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def killed() -> None:
    raise KilledError


def unavailable() -> None:
    raise UnavailableError("the registry does not answer")


def test_killed_after_the_decision_it_is_sent_by_the_next_dispatch(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("riskcockpit.services.moves.carry_out", lambda *_: killed())
        with pytest.raises(KilledError):
            rollback(bank.at("engineer"), "fraud")
    assert [row.state for row in actions(bank.at("engineer"))] == ["pending"]
    assert [row.state for row in dispatch(bank.at("engineer"))] == ["done"]
    assert bank.registry.champion == 6
    assert dispatch(bank.at("engineer")) == ()


def test_undone_before_it_was_sent_it_never_leaves_the_outbox(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("riskcockpit.services.moves.carry_out", lambda *_: killed())
        with pytest.raises(KilledError):
            rollback(bank.at("engineer"), "fraud")
    undo(bank.at("engineer"))
    assert dispatch(bank.at("engineer")) == ()
    assert bank.registry.sent == []
    assert bank.registry.champion == 7
    with pytest.raises(RefusedError, match="is undone"):
        retry(bank.at("engineer"), actions(bank.at("engineer"))[0].id[:8])


def test_killed_after_sending_it_is_looked_for_and_not_sent_again(bank: Bank) -> None:
    bank.registry.after_set = killed
    with pytest.raises(KilledError):
        rollback(bank.at("engineer"), "fraud")
    assert [row.state for row in actions(bank.at("engineer"))] == ["sent"]

    bank.registry.after_set = lambda: None
    assert [row.state for row in dispatch(bank.at("engineer"))] == ["done"]
    assert len(bank.registry.sent) == 1


def test_killed_before_sending_the_next_dispatch_only_says_it_is_unknown(bank: Bank) -> None:
    bank.registry.before_apply = killed
    with pytest.raises(KilledError):
        rollback(bank.at("engineer"), "fraud")
    bank.registry.before_apply = lambda: None

    assert [row.state for row in dispatch(bank.at("engineer"))] == ["unknown"]
    assert bank.registry.sent == []
    assert dispatch(bank.at("engineer")) == ()
    assert retry(bank.at("engineer"), actions(bank.at("engineer"))[0].id[:8]).state == "done"
    assert len(bank.registry.sent) == 1


def test_a_source_that_did_not_answer_leaves_it_unknown_until_a_person_retries(bank: Bank) -> None:
    bank.registry.before_apply = unavailable
    result = rollback(bank.at("engineer"), "fraud")
    assert [(row.state, row.message) for row in result.actions] == [
        ("unknown", "not sent: the registry does not answer")
    ]
    bank.registry.before_observe = unavailable
    assert retry(bank.at("engineer"), result.decision.id).state == "unknown"
    assert bank.registry.sent == []

    bank.registry.before_observe = bank.registry.before_apply = lambda: None
    assert retry(bank.at("engineer"), result.decision.id).state == "done"
    with pytest.raises(RefusedError, match="is done"):
        retry(bank.at("engineer"), result.decision.id)


def test_an_unknown_action_cannot_be_undone_before_it_is_known(bank: Bank) -> None:
    bank.registry.before_apply = unavailable
    rollback(bank.at("engineer"), "fraud")
    with pytest.raises(RefusedError, match="is unknown"):
        undo(bank.at("engineer"))


def test_sent_is_written_before_the_call_and_the_receipt_after(bank: Bank) -> None:
    seen: list[list[str]] = []
    bank.registry.after_set = lambda: seen.append(entry_types(bank))
    rollback(bank.at("engineer"), "fraud")
    assert seen == [["rollback.requested", "action.sent"]]


def test_an_action_without_its_source_stays_in_the_outbox(bank: Bank) -> None:
    bank.is_production = True
    result = rollback(bank.at("engineer"), "fraud")
    answer = approve(bank.at("approver", sources=()), result.decision.id)
    assert [row.state for row in answer.actions] == ["pending"]
    assert "no source is called" in answer.actions[0].message
    assert [row.state for row in dispatch(bank.at("engineer"))] == ["done"]


def test_a_forged_approval_by_the_requester_sends_nothing(bank: Bank) -> None:
    bank.is_production = True
    result = rollback(bank.at("engineer"), "fraud")
    journal = bank.at("engineer").journal()
    entry = next(e for e in journal.entries() if e.hash == result.decision.id)
    grounds = {key: entry.data[key] for key in ("rule", "policy", "context", "production")}
    journal.append(
        EntryType.ROLLBACK_APPROVED,
        {"request": entry.hash, "comment": "", "model": "fraud", **grounds},
    )
    assert dispatch(bank.at("engineer")) == ()
    assert [row.state for row in actions(bank.at("engineer"))] == ["requested"]


def test_an_action_nobody_knows_is_said_so(bank: Bank) -> None:
    with pytest.raises(UnknownNameError, match="no action"):
        retry(bank.at("engineer"), "feedfeed")
