"""Nothing is sent twice blindly: every way an action can be interrupted, and what happens next."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.decision import DecisionState, EntryType
from riskcockpit.domain.ids import short
from riskcockpit.errors import (
    RefusedError,
    UnavailableError,
    UnknownNameError,
    UnwritableError,
)
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.journal import Journal
from riskcockpit.services import watch_publishing
from riskcockpit.services.decide import approve, undo
from riskcockpit.services.finding_out import FindingOut, find_out
from riskcockpit.services.looking import Looker
from riskcockpit.services.outbox import actions, dispatch, retry
from riskcockpit.services.posture import posture
from riskcockpit.services.pulling import Pulled, Round
from riskcockpit.services.record import examined, projected
from riskcockpit.services.rollback import rollback
from riskcockpit.services.sync import sync
from riskcockpit.services.watching import Watch
from riskcockpit.views.automation import WatchEvent
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


@pytest.mark.parametrize(
    ("type_", "state", "champion"),
    [(EntryType.ACTION_SENT, "pending", 7), (EntryType.ACTION_CONFIRMED, "sent", 6)],
)
def test_a_disk_that_is_full_after_the_decision_takes_nothing_back_and_repeats_nothing(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, type_: EntryType, state: str, champion: int
) -> None:
    append = Journal.append

    def full(self: Journal, wanted: EntryType, data: dict[str, Any]) -> Entry:
        if wanted is type_:
            raise UnwritableError("cannot write to the ledger: No space left on device")
        return append(self, wanted, data)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", full)
        result = rollback(bank.at("engineer"), "fraud")
    assert result.decision.state is DecisionState.GRANTED
    assert [(row.state, row.message) for row in result.actions] == [
        (state, "cannot write to the ledger: No space left on device")
    ]
    assert bank.registry.champion == champion
    assert [row.state for row in dispatch(bank.at("engineer"))] == ["done"]
    assert len(bank.registry.sent) == 1


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


def left_unknown(bank: Bank) -> str:
    """Roll back through a registry that moves the alias, drops the answer, and is away then."""
    bank.registry.after_set = unavailable
    result = rollback(bank.at("engineer"), "fraud")
    assert [row.state for row in result.actions] == ["unknown"]
    bank.registry.after_set = lambda: None
    bank.clock.at += timedelta(minutes=1)
    return result.decision.id


def test_a_sync_finds_out_what_became_of_an_unknown_action_and_publishes_it(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_unknown(bank)
    assert bank.rows("SELECT is_rolled_back FROM model_version WHERE version = 7") == [(False,)]
    before = entry_types(bank)
    bank.registry.before_observe = unavailable
    assert find_out(bank.at("engineer"), ["registry"]) == ()
    assert find_out(bank.at("engineer"), ["elsewhere"]) == ()
    assert entry_types(bank) == before, "looking in vain costs no entries"

    bank.registry.before_observe = lambda: None
    monkeypatch.setattr(Round, "pull_all", lambda _self, due: [Pulled(source) for source in due])
    report = sync(bank.at("engineer"))
    assert "model.rollback fraud@champion: done, champion is version 6" in report.notes
    assert entry_types(bank)[len(before) :][2:4] == ["action.confirmed", "rollback.executed"]
    assert bank.rows("SELECT is_rolled_back FROM model_version WHERE version = 7") == [(True,)]
    assert len(bank.registry.sent) == 1
    assert find_out(bank.at("engineer"), ["registry"]) == ()


def test_what_was_not_done_is_said_once_and_never_sent_again_by_looking(bank: Bank) -> None:
    bank.registry.before_apply = unavailable
    decision = rollback(bank.at("engineer"), "fraud").decision.id
    bank.registry.before_apply = lambda: None
    bank.clock.at += timedelta(minutes=1)

    (row,) = find_out(bank.at("engineer"), ["registry"])
    assert (row.state, row.message) == ("unknown", "champion is version 7")
    bank.clock.at += timedelta(minutes=1)
    assert find_out(bank.at("engineer"), ["registry"]) == ()
    assert bank.registry.sent == []
    (item,) = [i for i in posture(bank.at("engineer")).queue if i.id == f"action:{decision}"]
    assert f"`riskcockpit actions retry {short(decision)}`" in item.detail
    assert item.detail.endswith("champion is version 7")


def test_the_watch_looks_half_as_often_each_time_nothing_comes_of_it(bank: Bank) -> None:
    left_unknown(bank)
    looks: list[int] = []

    def away() -> None:
        looks.append(int((bank.clock.at - begin).total_seconds()))
        unavailable()

    bank.registry.before_observe = away
    bank.clock.step = timedelta()
    ctx = bank.at("engineer")
    finding_out = FindingOut(ctx)
    open_actions = projected(ctx, examined(ctx), ctx.clock.now()).actions
    begin = bank.clock.at
    for _ in range(240):
        assert finding_out.look(open_actions) == ()
        bank.clock.at += timedelta(seconds=5)
    assert looks == [0, 5, 15, 35, 75, 155, 315, 615, 915]
    bank.registry.before_observe = lambda: None
    bank.clock.at += timedelta(minutes=5)
    assert [row.state for row in finding_out.look(open_actions)] == ["done"]


def test_each_look_of_the_watch_finds_out_what_became_of_it(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_unknown(bank)
    monkeypatch.setattr(watch_publishing, "take_in", lambda *_: bank.publish())
    monkeypatch.setattr(Looker, "look", lambda *_: ())
    events: list[WatchEvent] = []
    Watch(bank.at("engineer"), events.append).run(is_once=True)
    told = [(e.subject, e.detail) for e in events if e.kind == "found out"]
    assert told == [("fraud@champion", "model.rollback: done, champion is version 6")]
    assert [row.state for row in actions(bank.at("engineer"))] == ["done"]
    assert len(bank.registry.sent) == 1
