"""The life of a waiver beyond its grant: what suspends it, what sends it to review, its renewal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.decisions.project import Projection
from riskcockpit.decisions.waiver_record import REQUIRED, WaiverKind
from riskcockpit.domain.decision import DecisionState, EntryType
from riskcockpit.domain.ids import short
from riskcockpit.errors import InputError, RefusedError, UnknownNameError
from riskcockpit.present.waivers import scope_fact, scope_words
from riskcockpit.services.decide import (
    approve,
    note,
    plan_revoke,
    plan_waiver,
    reject,
    revoke,
    waive,
)
from riskcockpit.services.endings import record_endings
from riskcockpit.services.importing import ImportOptions, import_reports
from riskcockpit.services.posture import posture
from riskcockpit.services.preflight import permissions
from riskcockpit.services.requests import requests
from riskcockpit.services.rollback import rollback
from riskcockpit.services.sync import sync
from riskcockpit.services.waivers import plan_renewal, renew, waiver, waivers
from riskcockpit.views.posture import QueueKind
from riskcockpit.views.waivers import WaiverRow, WaiverStanding
from support.caches import NOW, finding, statement
from support.deciding import LATER, WHY, Bank, entry_types, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

CONTROL = "gateway-closed"
WORKSHEET: Mapping[str, Any] = {
    "constraint": "The release train is frozen", "objective": "No call reaches the route",
    "objective_met": "The gateway drops the same calls", "additional_risk": "None that is known",
    "controls": [CONTROL], "validation": "Called from outside", "last_tested": "2026-02-01",
    "next_test": "2026-04-01", "maintenance": "The gateway team, weekly",
}  # fmt: skip


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    made = make_bank(tmp_path / "home", monkeypatch)
    judge(made, "ok")
    return made


def judge(bank: Bank, verdict: str) -> None:
    """Let the control come to a verdict, and publish what that means."""
    ctx = bank.at("engineer")
    with ctx.store.writer() as tx:
        tx.execute(statement("DELETE FROM control"))
        row = {
            "id": CONTROL, "title": CONTROL, "pillar": "infrastructure_hardening", "severity": 3,
            "frameworks": "{}", "verdict": verdict, "message": "", "passed": 1, "failed": 0,
            "at": NOW, "digest": "", "inputs": "",
        }  # fmt: skip
        tx.append("control", [row])
    bank.publish()


def change(bank: Bank, text: str, **params: Any) -> None:
    """Change the cache as a sync would, and publish what that means."""
    with bank.at("engineer").store.writer() as tx:
        tx.execute(statement(text, *params), **params)
    bank.publish()


def waiting(bank: Bank, name: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return what the queue says to somebody of waivers and moves, with the keys they have."""
    kinds = (QueueKind.WAIVER_REQUEST, QueueKind.WAIVER_EXPIRING, QueueKind.ROLLBACK_REQUEST)
    items = [item for item in posture(bank.at(name)).queue if item.kind in kinds]
    return [(item.detail.partition(", ")[2], item.keys) for item in items]


def test_the_queue_names_who_can_sign_and_offers_nobody_their_own_request(bank: Bank) -> None:
    bank.roles |= {"deputy": ["risk_owner"], "watch": ["automation"]}
    bank.hire()
    waive(bank.at("engineer"), "severity:high", "risk_accepted", WHY, LATER)
    assert waiting(bank, "engineer") == [
        ("risk accepted, asked by you, waits for approver or deputy", ("X", "n"))
    ]
    for name in ("approver", "deputy"):
        assert waiting(bank, name) == [
            ("risk accepted, asked by engineer, waits for your key", ("a", "X", "n"))
        ]
    for name in ("auditor", "watch"):
        assert waiting(bank, name) == [
            ("risk accepted, asked by engineer, waits for approver or deputy", ("n",))
        ]


def test_the_queue_says_when_nobody_else_could_sign(bank: Bank) -> None:
    bank.roles = {"engineer": ["engineer", "risk_owner", "approver"]}
    bank.is_production = True
    bank.hire()
    rollback(bank.at("engineer"), "fraud")
    nobody = "nobody else may sign it: no other person has a role and a key for that"
    assert waiting(bank, "engineer") == [(f"asked by you, {nobody}", ("X", "n"))]


def test_the_queue_lists_a_waiver_that_has_to_be_looked_at_again(bank: Bank) -> None:
    waive(bank.at("engineer"), "severity:medium", "risk_accepted", WHY, LATER)
    assert waiting(bank, "engineer") == []
    change(bank, "UPDATE finding SET is_kev = true WHERE title = 'medium'")
    why = "1 of 1 not covered any more: it is exploited by now"
    assert waiting(bank, "engineer") == [
        (f"risk accepted, asked by you, to be reviewed: {why}", ("N", "n"))
    ]
    change(bank, "UPDATE finding SET state = 'fixed' WHERE title = 'medium'")
    assert waiting(bank, "engineer") == []


def test_who_has_nothing_to_sync_learns_that_a_waiver_ran_out(bank: Bank) -> None:
    waive(bank.at("engineer"), "severity:medium", "deferred", WHY, LATER)
    asked = waive(bank.at("engineer"), "severity:high", "risk_accepted", WHY, LATER)
    ctx = bank.at("engineer", sources=())
    before = sync(ctx).generation
    assert bank.states()["medium"] == "waived"
    bank.clock.at = LATER + timedelta(days=1)
    assert sync(ctx, dry_run=True).generation == before
    done = sync(ctx)
    assert done.notes == (
        "1 waiver ran out, what was covered counts again", "1 request for a waiver ran out",
    )  # fmt: skip
    assert bank.states()["medium"] == bank.states()["high"] == "open"
    assert entry_types(bank)[-1] == "waiver.expired"
    assert sync(ctx).notes == ()
    assert asked.decision.id not in str(bank.rows("SELECT id FROM waiver WHERE state <> 'expired'"))


def test_a_report_that_was_imported_before_settles_what_ran_out(bank: Bank, tmp_path: Path) -> None:
    report = tmp_path / "findings.csv"
    report.write_text("title,severity,asset\nopen port,high,edge\n")
    ctx = bank.at("engineer", sources=())
    import_reports(ctx, [report], ImportOptions())
    waive(ctx, "severity:medium", "deferred", WHY, LATER)
    bank.clock.at = LATER + timedelta(days=1)
    again = import_reports(ctx, [report], ImportOptions())
    assert again.totals.new == 0
    assert again.notes == ("1 waiver ran out, what was covered counts again",)
    assert bank.states()["medium"] == "open"


def test_whoever_imports_something_new_is_told_as_well(bank: Bank, tmp_path: Path) -> None:
    ctx = bank.at("engineer", sources=())
    waive(ctx, "severity:medium", "deferred", WHY, LATER)
    bank.clock.at = LATER + timedelta(days=1)
    report = tmp_path / "findings.csv"
    report.write_text("title,severity,asset\nopen port,high,edge\n")
    done = import_reports(ctx, [report], ImportOptions())
    assert done.notes == ("1 waiver ran out, what was covered counts again",)
    assert done.generation == bank.at("engineer").store.generation()
    assert bank.states()["medium"] == "open"
    assert entry_types(bank).count("waiver.expired") == 1


def compensated(bank: Bank, what: str = "severity:medium") -> str:
    """Waive what a control compensates, and return the id of the waiver."""
    result = waive(bank.at("engineer"), what, "compensating_control", WHY, LATER, details=WORKSHEET)
    assert result.decision.state is DecisionState.GRANTED
    return result.decision.id


def row_of(bank: Bank, id_: str) -> WaiverRow:
    """Return a waiver as it is listed."""
    return next(row for row in waivers(bank.at("engineer")) if row.id == id_)


def test_a_compensating_control_is_kept_in_full_or_not_at_all(bank: Bank) -> None:
    for name in REQUIRED[WaiverKind.COMPENSATING_CONTROL]:
        if name == "risk_owner":
            continue  # who owns the asset
        with pytest.raises(InputError, match=f"{name} is missing"):
            waive(
                bank.at("engineer"), "severity:medium", "compensating_control", WHY, LATER,
                details={**WORKSHEET, name: ""} if name != "controls" else {**WORKSHEET, name: []},
            )  # fmt: skip
    assert entry_types(bank) == []


def test_what_does_not_hold_compensates_nothing(bank: Bank) -> None:
    judge(bank, "no_data")
    with pytest.raises(RefusedError, match=r"does not hold \(no data\): it compensates nothing"):
        compensated(bank)
    with pytest.raises(InputError, match='no control "waf"'):
        waive(
            bank.at("engineer"), "severity:medium", "compensating_control", WHY, LATER,
            details={**WORKSHEET, "controls": ["waf"]},
        )  # fmt: skip


def test_an_alarm_suspends_until_a_renewal_is_signed_by_two(bank: Bank) -> None:
    id_ = compensated(bank)
    assert bank.states()["medium"] == "waived"
    judge(bank, "alarm")
    assert bank.states()["medium"] == "open"  # at once, before anybody signs anything
    assert record_endings(bank.at("engineer")) == ""
    assert record_endings(bank.at("engineer")) == ""  # told once
    assert entry_types(bank) == ["waiver.granted", "waiver.suspended"]
    judge(bank, "ok")
    assert bank.states()["medium"] == "open"  # the control is back; nobody looked at the waiver
    suspended = row_of(bank, id_)
    assert suspended.standing is WaiverStanding.SUSPENDED
    assert suspended.why == f"the control {CONTROL} alarms"
    assert suspended.covered == 0

    asked = renew(bank.at("engineer"), id_[:10], LATER + timedelta(days=5)).decision
    assert asked.state is DecisionState.REQUESTED  # one key waives medium findings, but not again
    assert asked.rule == "waive-four-eyes"
    approve(bank.at("approver"), asked.id)
    assert bank.states()["medium"] == "waived"
    old, new = row_of(bank, id_), row_of(bank, asked.id)
    assert (old.standing, old.renewed_by) == (WaiverStanding.ENDED, asked.id)
    assert (new.standing, new.renews, new.renewals) == (WaiverStanding.ACTIVE, id_, 1)
    assert new.approvers == ("approver",)
    with pytest.raises(RefusedError, match="is superseded"):
        renew(bank.at("engineer"), id_, LATER + timedelta(days=5))
    revoke(bank.at("approver"), asked.id, "nobody looked at what compensates")
    assert row_of(bank, id_).standing is WaiverStanding.ENDED  # an end is final
    assert bank.states()["medium"] == "open"


def test_one_waiver_has_one_renewal_and_the_queue_says_that_it_is_one(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = compensated(bank)
    later = LATER + timedelta(days=5)
    first = renew(bank.at("engineer"), id_, later).decision.id
    (row,) = requests(bank.at("approver"))
    assert row.summary.startswith(f"renew the waiver {short(id_)} of 1 finding until")
    with pytest.raises(RefusedError) as refused:
        renew(bank.at("engineer"), id_, later)
    assert (refused.value.rule, short(first) in refused.value.message) == ("renew-what-stood", True)
    may = {each.deed: each.why_not for each in permissions(bank.at("engineer"), id_)}
    assert may["renew"] == f"a renewal of it waits: {short(first)}"

    with monkeypatch.context() as elsewhere:  # asked on another computer
        elsewhere.setattr(Projection, "renewal_asked", lambda *_: None)
        second = renew(bank.at("engineer"), id_, later).decision.id
    approve(bank.at("approver"), first)
    (row,) = requests(bank.at("approver"))
    assert (row.id, row.may_approve) == (second, False)
    assert f"renewed by {short(first)}" in row.why_not
    with pytest.raises(RefusedError) as refused:
        approve(bank.at("approver"), second)
    assert refused.value.rule == "renew-what-stood"
    reject(bank.at("approver"), second)
    revoke(bank.at("approver"), first)
    assert bank.states()["medium"] == "open"


def test_what_was_signed_about_a_waiver_is_its_history_and_a_suspended_one_can_be_revoked(
    bank: Bank,
) -> None:
    id_ = compensated(bank)
    note(bank.at("approver"), id_, "looked at it")
    judge(bank, "alarm")
    record_endings(bank.at("engineer"))
    assert row_of(bank, id_).standing is WaiverStanding.SUSPENDED
    assert not plan_revoke(bank.at("engineer"), id_).blockers
    revoke(bank.at("engineer"), id_, "the gateway is gone")
    detail = waiver(bank.at("engineer"), id_)
    assert detail.row.standing is WaiverStanding.ENDED
    texts = [each.text for each in detail.history]
    assert [each.actor for each in detail.history] == [
        "engineer",
        "approver",
        "engineer",
        "engineer",
    ]
    assert texts[1] == "looked at it"
    assert f"the control {CONTROL} alarms" in texts[2]
    assert texts[3].endswith("the gateway is gone")
    assert detail.history[0].entry == id_


def test_a_suspended_waiver_can_be_revoked_so_that_nothing_brings_it_back(bank: Bank) -> None:
    id_ = compensated(bank)
    judge(bank, "alarm")
    assert record_endings(bank.at("engineer")) == ""
    revoke(bank.at("engineer"), id_, "the gateway is gone for good")
    assert row_of(bank, id_).why == "revoked by engineer: the gateway is gone for good"
    with pytest.raises(RefusedError, match="is revoked"):
        plan_renewal(bank.at("engineer"), id_, LATER)


def test_a_control_that_nobody_can_judge_suspends_for_as_long(bank: Bank) -> None:
    id_ = compensated(bank)
    judge(bank, "stale")
    assert bank.states()["medium"] == "open"
    assert record_endings(bank.at("engineer")) == ""
    assert entry_types(bank) == ["waiver.granted"]
    assert row_of(bank, id_).why == (f"nobody knows whether the control {CONTROL} holds: stale")
    judge(bank, "ok")
    assert bank.states()["medium"] == "waived"


def test_what_changed_since_sends_a_waiver_to_review(bank: Bank) -> None:
    query = "severity<=medium state:open"
    id_ = waive(bank.at("engineer"), query, "risk_accepted", WHY, LATER).decision.id
    assert row_of(bank, id_).standing is WaiverStanding.ACTIVE
    change(bank, "UPDATE finding SET is_kev = true WHERE title = $title", title="low")
    change(bank, "UPDATE finding SET fixed_version = '2' WHERE title = $title", title="medium")
    with bank.at("engineer").store.writer() as tx:
        tx.append("finding", [finding("another", severity=1)])
    bank.publish()
    found = waiver(bank.at("engineer"), id_)
    assert found.row.standing is WaiverStanding.IN_REVIEW
    assert found.triggers == (
        "1 finding can be fixed by a new version",
        "1 finding known to be exploited by now",
        "1 new match of its query, not covered",
    )
    assert {each.title: (each.is_covered, each.why_not) for each in found.findings} == {
        "medium": (True, ""),
        "low": (False, "known to be exploited by now"),
    }
    assert bank.states()["another"] == "open"


def test_a_request_counts_and_prices_what_it_asks_for(bank: Bank) -> None:
    change(bank, "UPDATE finding SET exposure = 900")
    asked = waive(bank.at("engineer"), "severity:high", "risk_accepted", WHY, LATER).decision
    assert asked.state is DecisionState.REQUESTED
    row = row_of(bank, asked.id)
    assert row.covered == 0
    assert row.exposure.amount == 900 * row.findings
    assert (scope_words(row), scope_fact(row)[0]) == (f"asks {row.findings}", "asks for")
    approve(bank.at("approver"), asked.id)
    change(bank, "UPDATE finding SET exposure = 900")
    assert scope_words(row_of(bank, asked.id)) == f"{row.findings}/{row.findings}"


def test_a_review_is_due_before_the_end_and_the_end_is_announced(bank: Bank) -> None:
    id_ = waive(bank.at("engineer"), "severity:low", "deferred", WHY, LATER).decision.id
    row = row_of(bank, id_)
    assert (row.is_ending, row.standing) == (False, WaiverStanding.ACTIVE)
    bank.clock.at = LATER - timedelta(days=7)
    row = row_of(bank, id_)
    assert row.is_ending
    assert row.standing is WaiverStanding.IN_REVIEW
    assert row.why.startswith("its review was due on")
    bank.clock.at = LATER + timedelta(seconds=2)
    ended = row_of(bank, id_)
    assert (ended.standing, ended.is_ending) == (WaiverStanding.EXPIRED, False)
    assert ended.waived == LATER - (ended.decided_at or LATER)


def test_a_waiver_ends_when_nothing_is_left_of_it_and_renews_only_what_is_left(bank: Bank) -> None:
    id_ = waive(bank.at("engineer"), "severity<=medium", "risk_accepted", WHY, LATER).decision.id
    change(bank, "UPDATE finding SET state = 'fixed', fixed_at = first_seen WHERE title = 'low'")
    plan = plan_renewal(bank.at("engineer"), id_, LATER + timedelta(days=9))
    assert [row.title for row in plan.findings] == ["medium"]
    assert ("renews", f"{id_[:10]}, renewal 1") in plan.facts
    change(bank, "UPDATE finding SET state = 'fixed', fixed_at = first_seen WHERE title = 'medium'")
    row = row_of(bank, id_)
    assert (row.standing, row.why) == (WaiverStanding.ENDED, "all that it covers is fixed or gone")
    with pytest.raises(InputError, match="no finding that could be waived"):
        renew(bank.at("engineer"), id_, LATER + timedelta(days=9))


def test_revoked_waivers_say_by_whom_and_unknown_ones_are_named(bank: Bank) -> None:
    id_ = waive(bank.at("engineer"), "severity:low", "deferred", WHY, LATER).decision.id
    revoke(bank.at("engineer"), id_, "not so after all")
    row = row_of(bank, id_)
    assert (row.standing, row.why) == (
        WaiverStanding.ENDED, "revoked by engineer: not so after all",
    )  # fmt: skip
    with pytest.raises(UnknownNameError):
        waiver(bank.at("engineer"), "beef")


def test_a_record_that_cannot_be_read_waives_nothing(bank: Bank) -> None:
    compensated(bank)
    ctx = bank.at("engineer")
    granted = ctx.reading_journal().entries()[-1]
    data = {**granted.data, "record": {**granted.data["record"], "review_at": "soon"}}
    entry = ctx.journal().append(EntryType.WAIVER_GRANTED, data)
    row = row_of(bank, entry.hash)
    assert row.standing is WaiverStanding.IN_DOUBT
    assert "review_at" in row.why


def test_the_preview_shows_what_is_signed(bank: Bank) -> None:
    facts = dict(
        plan_waiver(
            bank.at("engineer"), "severity:medium", "compensating_control", WHY, LATER,
            details=WORKSHEET,
        ).facts
    )  # fmt: skip
    assert facts["compensated by"] == CONTROL
    assert facts["treatment"] == "mitigate"
    assert facts["next test"] == "2026-04-01"
