"""What a person may do now: the rules, the state, the source, and the reason when not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.config.settings import IdentitySettings
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger import signing
from riskcockpit.services import preflight
from riskcockpit.services.answers import plan_note
from riskcockpit.services.context import Context
from riskcockpit.services.decide import approve, note, plan_waiver, reject, undo, waive
from riskcockpit.services.desk import Desk
from riskcockpit.services.kill_switch import plan_resume
from riskcockpit.services.preflight import permissions
from riskcockpit.services.requests import requests
from riskcockpit.services.rollback import plan_rollback, targets
from riskcockpit.services.unlocking import lock, unlock
from riskcockpit.views.permissions import LAST
from support.caches import statement
from support.deciding import LATER, WHY, Bank, id_of, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def may(bank: Bank, name: str, subject: str) -> dict[str, str]:
    """Deed → why not, of what somebody may do."""
    return {each.deed: each.why_not for each in permissions(bank.at(name), subject)}


def test_a_finding_is_waived_by_whom_the_rules_let_and_not_when_it_is_gone(bank: Bank) -> None:
    assert may(bank, "engineer", id_of("high")) == {"waive": "", "note": ""}
    assert may(bank, "engineer", id_of("done"))["waive"] == "it is fixed"
    assert "is none of" in may(bank, "auditor", id_of("high"))["waive"]
    high = permissions(bank.at("engineer"), id_of("high"))[0]
    assert (high.rule, len(high.needs)) == ("waive-four-eyes", 1)
    plan = plan_waiver(bank.at("engineer"), "severity:high", "deferred", WHY, LATER)
    assert (plan.rule, plan.needs) == (high.rule, high.needs)


def test_a_request_is_answered_by_another_and_the_queue_says_the_same(bank: Bank) -> None:
    asked = waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER).decision.id
    own, other = (may(bank, name, asked) for name in ("engineer", "approver"))
    assert own["approve"] == "engineer has signed this already"
    assert own["reject"] == ""  # a request of one's own is withdrawn
    assert (other["approve"], other["reject"]) == ("", "")
    assert "is none of" in may(bank, "auditor", asked)["approve"]
    rows = {name: requests(bank.at(name)) for name in ("engineer", "approver", "auditor")}
    for name, (row,) in rows.items():
        assert (row.id, row.rule, row.signed) == (asked, "waive-four-eyes", ("engineer",))
        assert row.why_not == may(bank, name, asked)["approve"]
    assert rows["approver"][0].may_approve
    reject(bank.at("approver"), asked)
    assert requests(bank.at("approver")) == ()
    assert may(bank, "approver", asked)["approve"].endswith("is rejected")
    assert may(bank, "engineer", asked)["revoke"] == "the waiver is rejected"


def test_one_s_own_last_decision_is_undone_while_there_is_one(bank: Bank) -> None:
    assert may(bank, "engineer", LAST) == {"undo": "engineer has nothing to undo"}
    waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER)
    assert may(bank, "engineer", LAST) == {"undo": ""}
    assert may(bank, "approver", LAST) == {"undo": "approver has nothing to undo"}
    undo(bank.at("engineer"))
    assert may(bank, "engineer", LAST) == {"undo": "engineer has nothing to undo"}


def test_a_model_is_moved_where_its_source_can_and_may(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert may(bank, "engineer", "fraud")["rollback"] == ""
    monkeypatch.setattr(type(bank.registry), "acts", frozenset(), raising=False)
    assert may(bank, "engineer", "fraud")["rollback"] == (
        "the source registry cannot do this: model.rollback"
    )
    monkeypatch.delattr(type(bank.registry), "acts")
    reason = "the source has no write credential"
    monkeypatch.setattr(type(bank.registry), "why_not", lambda _: reason, raising=False)
    assert may(bank, "engineer", "fraud")["rollback"] == reason
    bank.registry.may_write = False
    assert reason in plan_rollback(bank.at("engineer"), "fraud").blockers  # the preview agrees


def test_in_locked_production_everything_is_grey_with_the_reason(bank: Bank) -> None:
    bank.is_production = True
    bank.is_unlocked = False
    found = may(bank, "engineer", id_of("low"))
    assert set(found.values()) == {"decisions are locked in bank, which is production"}
    plans = [
        plan_waiver(bank.at("engineer"), "severity:low", "deferred", WHY, LATER),
        plan_rollback(bank.at("engineer"), "fraud"),
        plan_note(bank.at("engineer"), "fraud", "looked at"),
        plan_resume(bank.at("engineer"), "over"),
    ]
    for plan in plans:
        assert "decisions are locked in bank, which is production" in plan.blockers, plan.title


def test_without_a_key_nothing_can_be_done_and_the_queue_is_still_shown(bank: Bank) -> None:
    asked = waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER).decision.id
    (bank.root / "keys" / "approver").unlink()
    (bank.root / "keys" / "approver.pub").unlink()
    ctx: Context = bank.at("approver")
    assert all(each.why_not for each in permissions(ctx, id_of("low")))
    (row,) = requests(ctx)
    assert row.id == asked
    assert not row.may_approve
    assert row.why_not


def test_a_key_that_its_agent_does_not_hold_makes_everything_grey_with_the_reason(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER).decision.id
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    public = bank.root / "keys" / "approver.pub"
    (bank.root / "keys" / "approver").unlink()
    ctx = bank.at("approver", identity=IdentitySettings(principal="approver", key=str(public)))
    known = preflight.Permissions()
    found = {each.deed: each.why_not for each in known.of(ctx, asked)}
    assert "SSH_AUTH_SOCK is not set" in found["approve"]
    (row,) = requests(ctx)
    assert (row.may_approve, row.why_not) == (False, found["approve"])
    wire = ctx.signer().public_key
    for module in (preflight, signing):
        monkeypatch.setattr(module, "held_keys", lambda: frozenset({wire}))
    assert {each.deed: each.why_not for each in known.of(ctx, asked)}["approve"] == ""
    assert requests(ctx)[0].may_approve


def test_answers_are_kept_until_somebody_signs_publishes_or_locks(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.is_production = True
    ctx, read = bank.at("engineer"), []
    made = preflight.Preflight.__init__

    def counting(self: preflight.Preflight, ctx: Context) -> None:
        read.append(ctx)
        made(self, ctx)

    monkeypatch.setattr(preflight.Preflight, "__init__", counting)
    known = preflight.Permissions()

    def waive_of(name: str) -> str:
        return {each.deed: each.why_not for each in known.of(ctx, id_of(name))}["waive"]

    assert (waive_of("high"), waive_of("low"), waive_of("high")) == ("", "", "")
    assert len(read) == 1, "the ledger is read once for all of them"
    note(bank.at("approver"), "fraud", "a colleague was here")
    assert waive_of("high") == ""
    assert len(read) == 2
    lock(ctx)
    assert "locked" in waive_of("high")
    unlock(ctx, "bank")
    assert waive_of("high") == ""
    assert len(read) == 4
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement("UPDATE finding SET state = 'fixed' WHERE title = 'low'"))
    assert waive_of("low") == "it is fixed"
    bank.clock.at += timedelta(minutes=2)
    waive_of("low")
    assert len(read) == 6, "roles are lent by time"


def test_a_request_names_who_could_sign_it_and_never_who_asked(bank: Bank) -> None:
    bank.roles = {"dev": ["engineer"], "risk": ["risk_owner"], **bank.roles}
    bank.hire()
    asked = waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER).decision.id
    (row,) = requests(bank.at("dev"))
    assert row.could == ("approver", "risk")
    assert not row.may_approve
    approve(bank.at("risk"), asked)
    assert requests(bank.at("dev")) == ()


def test_targets_of_a_rollback_are_judged_by_its_guards(bank: Bank) -> None:
    found = targets(bank.at("engineer"), "fraud")
    assert [(each.version.version, each.is_default, each.why_not) for each in found] == [
        (6, True, ""),
        (5, False, "version 5 was rolled back itself"),
        (4, False, ""),
    ]
    assert found[0].readings == (("accuracy", 0.93),)
    assert dict(plan_rollback(bank.at("engineer"), "fraud").facts)["to version"] == "6"
    four = plan_rollback(bank.at("engineer"), "fraud", 4)
    assert not four.blockers
    assert four.calls == ("POST alias fraud@champion 4",)


def test_who_disagreed_without_knowing_is_shown_until_somebody_says_a_word(bank: Bank) -> None:
    asked = waive(bank.at("engineer"), "severity:high", "deferred", WHY, LATER).decision.id
    approve(bank.at("approver"), asked)
    assert requests(bank.at("approver")) == ()
    desk = Desk(bank.at("engineer"))
    grounds = desk.grounds(desk.permit(Deed.WAIVE, Severity.HIGH))
    late = {"request": asked, "comment": "asked anew elsewhere", **grounds}
    bank.at("engineer").journal().append(EntryType.WAIVER_REJECTED, late)  # of another clone
    bank.publish()
    assert bank.states()["high"] == "open"
    (row,) = requests(bank.at("approver"))
    assert row.conflict.startswith("approver approved and engineer rejected without knowing")
    assert (row.needs, row.may_approve) == ((), False)
    assert row.why_not.endswith("is rejected")
    note(bank.at("approver"), asked, "rejected it is; asked anew next week")
    assert requests(bank.at("approver")) == ()
