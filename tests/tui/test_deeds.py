"""What forms give is what the services take: planned and signed at a real desk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.domain.decision import DecisionState, WaiverReason
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.services.context import Context
from riskcockpit.services.waivers import waiver
from riskcockpit.tui import deeds  # noqa: F401 - before the bank stands in for the judges
from riskcockpit.tui.desk_gateway import DeskGateway
from riskcockpit.tui.intents import Approve, Renew, Revoke, Waive
from riskcockpit.tui.modals.compensation import _FIELDS
from support.caches import statement
from support.deciding import LATER, WHY, Bank, id_of, make_bank

CONTROL = "gateway-closed"
DETAILS = {
    **dict.fromkeys(_FIELDS, "as the form has it"),
    "last_tested": "2026-02-01",
    "next_test": "2026-04-01",
    "controls": (CONTROL,),
}


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    made = make_bank(tmp_path / "home", monkeypatch)
    row = {
        "id": CONTROL, "title": CONTROL, "pillar": "infrastructure_hardening", "severity": 3,
        "frameworks": "{}", "verdict": "ok", "message": "", "passed": 1, "failed": 0,
    }  # fmt: skip
    with made.at("engineer").store.writer() as tx:
        tx.execute(statement("DELETE FROM control"))
        tx.append("control", [{**row, "at": made.clock.now()}])
    return made


def sit(bank: Bank, name: str) -> tuple[Context, DeskGateway]:
    ctx = bank.at(name)
    return ctx, DeskGateway(ctx)


def test_a_waiver_with_its_worksheet_is_signed_renewed_and_revoked(bank: Bank) -> None:
    ctx, desk = sit(bank, "engineer")
    findings = (id_of("medium"),)
    wish = Waive(findings, WaiverReason.COMPENSATING_CONTROL, WHY, LATER, DETAILS)
    assert not desk.plan(wish).blockers
    done = desk.decide(wish).decision
    assert done.state is DecisionState.GRANTED
    assert waiver(ctx, done.id).controls == {CONTROL: "ok"}
    renewal = Renew(done.id, LATER + timedelta(days=5), "The gateway is still closed, and tested")
    plan = desk.plan(renewal)
    assert plan.title == "Ask to renew the waiver of 1 finding"
    assert ("because", "The gateway is still closed, and tested") in plan.facts
    asked = desk.decide(renewal).decision
    (row,) = desk.requests()
    assert (row.id, row.could) == (asked.id, ("approver",))
    _, other = sit(bank, "approver")
    assert {each.deed: each.why_not for each in other.permissions(asked.id)}["approve"] == ""
    other.decide(Approve(asked.id))
    ended = {each.deed: each.why_not for each in desk.permissions(done.id)}
    assert ended["renew"] == ended["revoke"] == "the waiver is superseded"
    assert not desk.plan(Revoke(asked.id, "gone")).blockers
    desk.decide(Revoke(asked.id, "gone"))
    assert [each.standing.value for each in desk.waivers()] == ["ended", "ended"]


def test_an_incomplete_worksheet_is_refused(bank: Bank) -> None:
    _, desk = sit(bank, "engineer")
    findings = (id_of("medium"),)
    lacking = {name: text for name, text in DETAILS.items() if name != "validation"}
    wish = Waive(findings, WaiverReason.COMPENSATING_CONTROL, WHY, LATER, lacking)
    with pytest.raises((InputError, RefusedError), match="validation"):
        desk.decide(wish)
    assert desk.waivers() == ()
