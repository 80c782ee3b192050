"""What a person may do now: the rules, the state, the source, and the reason when not."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.services.context import Context
from riskcockpit.services.decide import approve, note, plan_waiver, reject, waive
from riskcockpit.services.desk import Desk
from riskcockpit.services.preflight import permissions
from riskcockpit.services.requests import requests
from riskcockpit.services.rollback import plan_rollback
from support.deciding import LATER, WHY, Bank, id_of, make_bank


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
    note(bank.at("approver"), asked, "rejected it is; asked anew next week")
    assert requests(bank.at("approver")) == ()
