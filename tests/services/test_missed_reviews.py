"""A broken glass that nobody reviewed in time is one finding until somebody did."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import RefusedError
from riskcockpit.services.decide import approve, plan_waiver, reject, waive
from riskcockpit.services.desk import Desk
from riskcockpit.services.findings import FindingReader
from riskcockpit.services.following import LAPSED, behind
from riskcockpit.services.gating import GateOptions, gate
from riskcockpit.services.missed_reviews import OWN_REVIEW
from riskcockpit.services.requests import requests
from riskcockpit.services.rollback import rollback
from riskcockpit.services.sync import sync
from support.deciding import LATER, WHY, Bank, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

FIRE = "payments stand still and nobody else is awake"
MISSED = "rule:glass-review-missed"
DAY = timedelta(days=1)


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


def break_glass(bank: Bank, query: str = "severity:critical class:code") -> str:
    """Let the engineer waive alone; return the id of the decision."""
    done = waive(bank.at("engineer"), query, "deferred", WHY, LATER, break_glass=FIRE)
    return done.decision.id


def quiet(_text: str) -> None:
    """Tell nobody."""


def states(bank: Bank) -> list[str]:
    return [
        row[0] for row in bank.rows("SELECT state FROM finding WHERE tool = 'riskcockpit.ledger'")
    ]


def the_id(bank: Bank) -> str:
    ((id_,),) = bank.rows("SELECT id FROM finding WHERE tool = 'riskcockpit.ledger'")
    return str(id_)


def test_a_missed_review_is_one_finding_that_says_who_decided_what_and_when(bank: Bank) -> None:
    glass = break_glass(bank)
    at, due = bank.rows("SELECT decided_at, review_by FROM glass_broken")[0]
    bank.clock.at += timedelta(hours=23)
    bank.publish()
    assert states(bank) == []
    bank.clock.at += timedelta(hours=2)
    bank.publish()
    bank.publish()
    title = (
        f"engineer alone decided on {rfc3339(at.replace(microsecond=0))}: 1 finding waived until"
        f" {LATER:%Y-%m-%d}: deferred; the review is missed since {rfc3339(due)}"
    )
    (row,) = bank.rows(
        "SELECT rule, severity, pillar, asset, resource, onset_at, state, reopened_count, title"
        " FROM finding WHERE tool = 'riskcockpit.ledger'"
    )
    assert row == (
        "glass-review-missed", Severity.CRITICAL, "compliance_automation", "payments-api", glass,
        due, "open", 0, title,
    )  # fmt: skip
    ((days, kinds),) = bank.rows(
        "SELECT date_diff('day', first_seen, due_at), list(e.kind) FROM finding AS f"
        " JOIN finding_event AS e ON e.finding_id = f.id WHERE tool = 'riskcockpit.ledger'"
        " GROUP BY ALL"
    )
    assert days == bank.at("engineer").settings.sla.critical_days
    assert kinds == ["created"]


def test_a_late_review_ends_it_and_its_history_tells_by_whom(bank: Bank) -> None:
    glass = break_glass(bank)
    ((due,),) = bank.rows("SELECT review_by FROM glass_broken")
    bank.clock.at += 2 * DAY
    bank.publish()
    assert states(bank) == ["open"]
    approve(bank.at("approver"), glass, "looked at it")
    assert states(bank) == ["fixed"]
    told = " ".join(FindingReader(bank.at("engineer")).why(the_id(bank)).sentences)
    assert f"reviewed by approver, due by {due:%Y-%m-%d %H:%M} UTC" in told
    bank.publish()
    assert states(bank) == ["fixed"]


def test_waivers_that_are_rejected_or_taken_back_late_owe_no_review(bank: Bank) -> None:
    glasses = (break_glass(bank), break_glass(bank, "severity:high"))
    bank.clock.at += 2 * DAY
    bank.publish()
    assert states(bank) == ["open", "open"]
    reject(bank.at("approver"), glasses[0], WHY)
    assert sorted(states(bank)) == ["fixed", "open"]
    reject(bank.at("engineer"), glasses[1], WHY)
    assert states(bank) == ["fixed", "fixed"]


def test_what_was_reviewed_in_time_is_no_finding(bank: Bank) -> None:
    approve(bank.at("approver"), break_glass(bank))
    reject(bank.at("approver"), break_glass(bank, "severity:high"), WHY)
    bank.clock.at += 2 * DAY
    bank.publish()
    assert states(bank) == []


def test_the_review_of_a_move_is_missed_too_and_whoever_judges_publishes_it(bank: Bank) -> None:
    bank.is_production = True
    done = rollback(bank.at("engineer"), "fraud", break_glass=FIRE)
    reader = bank.at("engineer", sources=())
    compliance = GateOptions(query="pillar:compliance_automation")
    assert gate(reader, compliance, quiet).view.is_passed
    bank.clock.at += 2 * DAY
    assert behind(reader) == LAPSED
    judged = gate(reader, compliance, quiet).view
    assert not judged.is_passed
    assert any(MISSED in note for note in judged.notes)
    assert behind(reader) == ""
    assert bank.rows("SELECT asset, severity FROM finding WHERE tool = 'riskcockpit.ledger'") == [
        ("fraud", Severity.HIGH)
    ]
    assert sync(reader).notes == ()
    with pytest.raises(RefusedError, match="another person reviews it"):
        reject(bank.at("engineer"), done.decision.id, WHY)
    reject(bank.at("approver"), done.decision.id, WHY)
    assert states(bank) == ["fixed"]


@pytest.mark.parametrize("who", ["engineer", "auditor"])
def test_who_could_not_review_a_move_that_is_done_settles_nothing_by_rejecting_it(
    bank: Bank, who: str
) -> None:
    bank.is_production = True
    done = rollback(bank.at("engineer"), "fraud", break_glass=FIRE).decision
    desk = Desk(bank.at(who))
    grounds = {"rule": done.rule, "policy": desk.roles.digest, "context": "x", "production": True}
    forged = {"request": done.id, "model": "fraud", "comment": "", **grounds}
    desk.sign(EntryType.APPROVAL_REJECTED, forged)
    assert [row.id for row in requests(bank.at("approver"))] == [done.id]
    bank.clock.at += 2 * DAY
    sync(bank.at("engineer", sources=()))
    assert states(bank) == ["open"]
    approve(bank.at("approver"), done.id)
    assert states(bank) == ["fixed"]


def test_a_clock_that_is_put_right_takes_it_back_and_the_deadline_brings_it_again(
    bank: Bank,
) -> None:
    break_glass(bank, "severity>=low class:code")
    for days, expected in ((2, "open"), (-2, "fixed"), (2, "open")):
        bank.clock.at += days * DAY
        bank.publish()
        assert states(bank) == [expected]
    assert bank.rows("SELECT asset FROM finding WHERE tool = 'riskcockpit.ledger'") == [("ledger",)]


def test_a_ledger_that_does_not_verify_ends_no_finding(bank: Bank) -> None:
    break_glass(bank)
    bank.clock.at += 2 * DAY
    bank.publish()
    (chain,) = (bank.ledger / "chains").glob("engineer*")
    whole = chain.read_bytes()
    chain.write_bytes(whole.splitlines(keepends=True)[0])
    bank.publish()
    assert bank.rows("FROM glass_broken") == []
    assert states(bank) == ["open"]
    chain.write_bytes(whole)
    bank.publish()
    assert states(bank) == ["open"]


def test_nobody_waives_alone_that_they_were_not_reviewed(bank: Bank) -> None:
    bank.roles = {**bank.roles, "approver": ["engineer", "approver"]}
    bank.write_roles()
    break_glass(bank)
    bank.clock.at += 2 * DAY
    bank.publish()
    terms = ([the_id(bank)], "deferred", WHY, bank.clock.at + DAY)
    with pytest.raises(RefusedError, match="engineer broke the glass that this is about") as caught:
        waive(bank.at("engineer"), *terms, break_glass=FIRE)
    assert caught.value.rule == OWN_REVIEW
    plan = plan_waiver(bank.at("engineer"), *terms, break_glass=FIRE)
    assert (plan.rule, len(plan.blockers)) == (OWN_REVIEW, 1)
    theirs = waive(bank.at("approver"), *terms).decision.id
    with pytest.raises(RefusedError, match="engineer made what this is about"):
        approve(bank.at("engineer"), theirs)
    reject(bank.at("approver"), theirs, WHY)
    own = waive(bank.at("engineer"), *terms).decision
    assert own.needs
    approve(bank.at("approver"), own.id)
    bank.publish()
    assert states(bank) == ["waived"], short(own.id)
