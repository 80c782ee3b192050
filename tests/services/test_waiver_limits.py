"""How long waivers last is a rule of the bank: what settings, forgers and approvers can do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.config.settings import WaiverSettings
from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.services.answers import approve, plan_approve
from riskcockpit.services.decide import plan_waiver, waive
from riskcockpit.services.desk import Desk
from riskcockpit.services.glass import broken_glass
from riskcockpit.services.policy_files import sign_policy
from riskcockpit.services.waivers import waiver
from support.caches import NOW
from support.council import Council, terms
from support.deciding import WHY, Bank, make_bank

pytestmark = pytest.mark.usefixtures("without_policy")

LOOSE = WaiverSettings(critical_days=3650, medium_days=3650, min_justification=1)
YEARS = NOW + timedelta(days=3600)
ROLES = {"ann": ["engineer"], "ben": ["approver"]}


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bank:
    return make_bank(tmp_path / "home", monkeypatch)


@pytest.fixture
def council(tmp_path: Path) -> Council:
    made = Council(tmp_path / "home", roles=ROLES)
    made.begin()
    return made


def test_settings_loosen_nothing_and_the_preview_says_so(bank: Bank) -> None:
    ann = bank.at("engineer", waivers=LOOSE)
    plan = plan_waiver(ann, "severity:medium", "risk_accepted", WHY, YEARS)
    assert plan.blockers == ("a waiver over medium findings lasts 180 days at most",)
    said = [text for text in plan.warnings if "the policy says" in text]
    assert said[0] == (
        "your settings say waivers.critical_days: 3650; the policy says 30, that holds"
    )
    assert len(said) == 3
    with pytest.raises(RefusedError, match="180 days at most"):
        waive(ann, "severity:medium", "risk_accepted", WHY, YEARS)
    assert bank.states()["medium"] == "open"


def test_stricter_settings_hold_for_whoever_has_them(bank: Bank) -> None:
    far = NOW + timedelta(days=20)
    strict = bank.at("engineer", waivers=WaiverSettings(medium_days=7))
    with pytest.raises(RefusedError, match="7 days at most"):
        waive(strict, "severity:medium", "risk_accepted", WHY, far)
    waive(bank.at("engineer"), "severity:medium", "risk_accepted", WHY, far)
    assert bank.states()["medium"] == "waived"


def test_the_reason_for_a_broken_glass_is_as_long_as_the_policy_wants(council: Council) -> None:
    desk = Desk(council.at("ann", waivers=LOOSE))
    rule = next(each for each in desk.roles.rules if each.keys == 2)
    with pytest.raises(InputError, match="it needs 20 to"):
        broken_glass(desk, rule, "quick")


@pytest.mark.parametrize(
    ("severity", "change", "why"),
    [
        ("medium", terms("medium", YEARS), "over medium findings the policy allows 180 days"),
        ("critical", terms("critical", NOW + timedelta(days=32)), "the policy allows 30 days"),
        ("low", {"justification": " x "}, "has 1 characters: the policy wants 20"),
    ],
)
def test_a_forged_grant_beyond_the_limits_covers_nothing(
    council: Council, severity: str, change: dict[str, object], why: str
) -> None:
    rule = "waive-four-eyes" if severity == "critical" else "waive-alone"
    data = {**terms(severity), **change, **council.grounds("ann"), "rule": rule}
    type_ = EntryType.WAIVER_REQUESTED if severity == "critical" else EntryType.WAIVER_GRANTED
    entry = council.journal("ann").append(type_, data)
    council.approve("ben", entry)
    assert council.state(entry) is WaiverState.IN_DOUBT
    row = waiver(council.at("ann"), entry.hash).row
    assert (row.standing.value, why in row.why) == ("in_doubt", True)
    assert row.waived == timedelta()


def test_the_last_day_that_the_policy_allows_counts(council: Council) -> None:
    entry = council.ask("ann", **terms("critical", NOW + timedelta(days=31)))
    council.approve("ben", entry)
    assert council.state(entry) is WaiverState.GRANTED


def test_nobody_adds_a_key_to_what_is_too_long(council: Council) -> None:
    request = council.ask("ann", **terms("high", YEARS))
    ben = council.at("ben", waivers=LOOSE)
    plan = plan_approve(ben, request.hash)
    assert (plan.rule, bool(plan.blockers)) == ("waiting-only", True)
    with pytest.raises(RefusedError, match="is in doubt") as caught:
        approve(ben, request.hash)
    assert "the policy allows 90 days" in (caught.value.hint or "")
    assert council.state(request) is WaiverState.IN_DOUBT


def test_who_approves_is_warned_of_what_is_beyond_their_own_limit(bank: Bank) -> None:
    far = NOW + timedelta(days=20)
    request = waive(bank.at("engineer"), "severity:high", "risk_accepted", WHY, far).decision.id
    strict = bank.at("approver", waivers=WaiverSettings(high_days=10))
    (warning,) = plan_approve(strict, request).warnings
    assert warning.endswith("over high findings what holds for you allows 10 days")
    assert plan_approve(bank.at("approver"), request).warnings == ()


def test_the_policy_of_the_time_of_signing_is_what_counts(council: Council) -> None:
    """A stricter policy voids nothing that was signed before it, a looser one heals nothing."""
    kept = council.ask("ann", **terms("high", NOW + timedelta(days=80)))
    council.approve("ben", kept)
    forged = council.ask("ann", **terms("high", NOW + timedelta(days=120)))
    for limits in ("{high_days: 30}", "{high_days: 400, min_justification: 5}"):
        council.extra = f"waivers: {limits}\n"
        council.write_roles()
        (change,) = sign_policy(council.at("ann"))
        council.approve("ben", change.decision.id)
        council.clock.at += timedelta(minutes=6)
        assert council.state(kept) is WaiverState.GRANTED
        assert council.state(forged) is WaiverState.IN_DOUBT
    longer = council.ask("ann", **terms("high", NOW + timedelta(days=300)))
    council.approve("ben", longer)
    assert council.state(longer) is WaiverState.GRANTED
    old = {"policy": kept.data["policy"]}
    late = council.ask("ann", **{**terms("high", NOW + timedelta(days=80)), **old})
    council.approve("ben", late)
    assert council.state(late) is WaiverState.IN_DOUBT
    found = Desk(council.at("ann")).waiver_limits
    assert (found.high_days, found.min_justification, found.critical_days) == (400, 5, 30)
