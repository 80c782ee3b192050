"""The rule engine: whatever the readings do, automation does no more than its rules allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.actions.automation import Evaluation, judge
from riskcockpit.actions.guards import AutomationFacts, Mode
from riskcockpit.actions.plan import MoveFacts
from riskcockpit.config.automation import Automation, Rule
from riskcockpit.domain.automation import Asked, Verdict
from riskcockpit.domain.model import CHAMPION, ModelVersion, RegisteredModel
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(minutes=1)
APPROVED = {"validation_status": "approved"}
RULE = Rule(
    id="lost", class_=MetricClass.ACCURACY, action="rollback", windows=2, hysteresis=0.02,
    max_age="5m", cooldown="1h", max_per_day=2,
)  # fmt: skip
ENFORCED = Mode(is_enforced=True, why="somebody answers for it")


def reading(
    value: float,
    at: datetime = NOW,
    class_: MetricClass = MetricClass.ACCURACY,
    version: int | None = 7,
    sample: int | None = None,
) -> Reading:
    return Reading(
        SubjectKind.MODEL, "fraud", class_.value, class_, value, at, "ratio", version,
        threshold=0.9, direction=Direction.AT_LEAST, sample_size=sample,
    )  # fmt: skip


def series(*values: float, class_: MetricClass = MetricClass.ACCURACY) -> list[Reading]:
    """Readings a minute apart, the last of them now."""
    count = len(values)
    return [reading(v, NOW - STEP * (count - 1 - n), class_) for n, v in enumerate(values)]


def facts(history: Sequence[Reading], **changes: Any) -> AutomationFacts:
    versions = tuple(
        ModelVersion("fraud", number, "READY", NOW, tags=APPROVED) for number in (7, 6, 5)
    )
    rollback = MoveFacts(
        model=RegisteredModel("fraud", versions, {CHAMPION: 7}),
        readings=[], data_alarms=[], last_rollback_at=None, in_flight=[], now=NOW,
        cooldown=timedelta(hours=4), max_reading_age=timedelta(minutes=15),
    )  # fmt: skip
    own = {k: v for k, v in changes.items() if k in MoveFacts.__slots__}
    rest = {k: v for k, v in changes.items() if k not in own}
    made = AutomationFacts(
        replace(rollback, **own), history, NOW - timedelta(days=9), (), "", ENFORCED
    )
    return replace(made, **rest)


def only(rule: Rule, known: AutomationFacts, **policy: object) -> Evaluation:
    automation = msgspec.structs.replace(Automation(rules=(rule,)), **policy)
    (found,) = judge(automation, known)
    return found


def changed(**changes: object) -> Rule:
    return msgspec.structs.replace(RULE, **changes)


def test_two_windows_beyond_the_limit_are_rolled_back_to_the_newest_fit_version() -> None:
    found = only(RULE, facts(series(0.93, 0.85, 0.84)))
    assert found.verdict is Verdict.ENFORCE
    assert found.plan is not None
    assert (found.plan.from_version, found.plan.to_version) == (7, 6)
    assert all(check.holds for check in (*found.conditions, *found.guards))
    assert [check.name for check in found.guards] == [
        "champion", "target", "way clear", "data", "not said yet", "cooldown", "daily maximum",
        "maximum of all", "switch",
    ]  # fmt: skip


def test_without_a_signed_policy_it_is_only_proposed() -> None:
    mode = Mode(is_enforced=False, why="nobody signed for more")
    assert only(RULE, facts(series(0.8, 0.8), mode=mode)).verdict is Verdict.PROPOSE


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        (series(0.85), Verdict.QUIET),
        (series(0.85, 0.93), Verdict.QUIET),
        (series(0.85, 0.93, 0.85), Verdict.QUIET),
        ([reading(0.8, NOW - STEP * 9), reading(0.8, NOW - STEP * 8)], Verdict.STALE),
        ([reading(0.8, NOW - timedelta(days=1)), reading(0.8)], Verdict.QUIET),
        ([reading(0.8, NOW + timedelta(hours=n)) for n in (1, 2)], Verdict.STALE),
        ([replace(r, threshold=None) for r in series(0.8, 0.8)], Verdict.QUIET),
        ([replace(r, version=6) for r in series(0.8, 0.8)], Verdict.STALE),
        ([replace(r, version=None) for r in series(0.8, 0.8)], Verdict.HELD),
        (series(0.8, 0.8, class_=MetricClass.BIAS), None),
    ],
    ids=["one window", "it came back", "not in a row", "old", "silence between", "future",
         "no limit", "another version", "no version", "another class"],
)  # fmt: skip
def test_nothing_is_done_on_less(history: list[Reading], verdict: Verdict | None) -> None:
    found = judge(Automation(rules=(RULE,)), facts(history))
    assert [each.verdict for each in found] == ([] if verdict is None else [verdict])


def test_readings_of_one_window_count_once() -> None:
    spanned = [replace(r, window_seconds=3600) for r in series(0.8, 0.8, 0.8)]
    assert only(RULE, facts(spanned)).verdict is Verdict.QUIET
    apart = [replace(spanned[0], at=NOW - timedelta(hours=1)), spanned[-1]]
    assert only(RULE, facts(apart)).verdict is Verdict.ENFORCE
    assert only(changed(window="2m"), facts(series(0.8, 0.8))).verdict is Verdict.QUIET
    assert only(changed(window="2m"), facts(series(0.8, 0.8, 0.8))).verdict is Verdict.ENFORCE


def test_a_sample_that_is_too_small_or_unknown_counts_for_nothing() -> None:
    rule = changed(min_sample=100)
    for sizes, verdict in (((100, 100), Verdict.ENFORCE), ((99, 100), Verdict.QUIET),
                           ((100, None), Verdict.QUIET)):  # fmt: skip
        history = [replace(r, sample_size=n) for r, n in zip(series(0.8, 0.8), sizes, strict=True)]
        assert only(rule, facts(history)).verdict is verdict


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"stopped": "by ann"}, "switch"),
        ({"in_flight": ["0a1b"]}, "way clear"),
        ({"data_alarms": ["nulls in amount"]}, "data"),
        ({"last_rollback_at": NOW - timedelta(minutes=59)}, "cooldown"),
        ({"readings": [replace(reading(0.8), version=n) for n in (5, 6)]}, "target"),
        ({"asked": (Asked("fraud", 7, "lost", NOW - timedelta(hours=2), True),)}, "not said yet"),
        ({"asked": (Asked("fraud", 7, "other", NOW - timedelta(minutes=9), False),)}, "cooldown"),
        ({"asked": (Asked("fraud", 3, "x", NOW - timedelta(hours=9), True),) * 2}, "daily maximum"),
        ({"asked": (Asked("aml", 3, "x", NOW - timedelta(hours=9), True),) * 3}, "maximum of all"),
    ],
)
def test_each_guard_holds_it_back_and_says_so(changes: dict[str, object], guard: str) -> None:
    found = only(RULE, facts(series(0.8, 0.8), **changes))
    assert found.verdict is Verdict.HELD
    assert [check.name for check in found.guards if not check.holds] == [guard]
    assert guard in found.reason


def test_a_target_is_judged_by_the_limit_of_the_rule_too() -> None:
    older = [replace(reading(0.92), version=n, threshold=None) for n in (5, 6)]
    assert only(RULE, facts(series(0.8, 0.8), readings=older)).verdict is Verdict.ENFORCE
    assert only(changed(threshold=0.95), facts(series(0.8, 0.8), readings=older)).verdict is (
        Verdict.HELD
    )


def test_a_new_champion_has_time_until_its_first_reading() -> None:
    known = facts([replace(r, version=6) for r in series(0.93, 0.93)])
    assert only(RULE, known).verdict is Verdict.STALE
    assert only(RULE, replace(known, champion_since=NOW - STEP)).verdict is Verdict.QUIET


def test_a_model_that_a_rule_names_and_nobody_measures_is_stale() -> None:
    assert only(changed(models=("fraud",)), facts([])).verdict is Verdict.STALE
    assert judge(Automation(rules=(RULE,)), facts([])) == ()


# whatever the readings do ------------------------------------------------------------------------


@dataclass
class World:
    """Lives through time as the watch does: what is asked for stands in the ledger."""

    rule: Rule
    policy: Automation
    history: list[Reading] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    champion: int = 40
    moved_at: datetime | None = None

    def live(self, at: datetime, value: float | None) -> Evaluation | None:
        """Measure, judge and do; None: nothing was measured."""
        if value is not None:
            made = reading(value, at, self.rule.class_, self.champion)
            self.history.append(made)
        versions = tuple(
            ModelVersion("fraud", n, "READY", NOW, tags=APPROVED) for n in range(40, 0, -1)
        )
        known = facts(self.history[-50:], asked=tuple(self.asked), now=at,
                      model=RegisteredModel("fraud", versions, {CHAMPION: self.champion}),
                      last_rollback_at=self.moved_at)  # fmt: skip
        found = next(iter(judge(self.policy, known)), None)
        if found is not None and found.verdict.acts:
            self.asked.append(Asked("fraud", self.champion, self.rule.id, at, True))
            assert found.plan is not None
            assert found.plan.to_version is not None
            if self.rule.action == "rollback" and found.verdict is Verdict.ENFORCE:
                self.champion, self.moved_at = found.plan.to_version, at
        return found


VALUES = st.lists(
    st.one_of(st.none(), st.sampled_from([0.5, 0.88, 0.899, 0.9, 0.901, 0.915, 0.92, 0.99])),
    max_size=120,
)
GAPS = st.sampled_from([1, 1, 1, 2, 7, 45])


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[datetime, float | None]]:
    at, found = NOW, []
    for value in draw(VALUES):
        at += STEP * draw(GAPS)
        found.append((at, value))
    return found


@given(lives())
def test_drift_never_rolls_back(life: list[tuple[datetime, float | None]]) -> None:
    for action in ("alarm", "rollback"):  # a rule that says so cannot be loaded; the engine refuses
        rule = changed(class_=MetricClass.DRIFT, action=action)
        world = World(rule, Automation(rules=(rule,)))
        verdicts = {found.verdict for at, v in life if (found := world.live(at, v)) is not None}
        assert not verdicts & {Verdict.ENFORCE, Verdict.PROPOSE, Verdict.HELD}


@given(lives(), st.booleans())
def test_cooldown_and_daily_maximum_are_never_exceeded(
    life: list[tuple[datetime, float | None]], is_strict: bool
) -> None:
    rule = changed(max_per_day=1 if is_strict else 3, cooldown="30m", windows=1)
    world = World(rule, Automation(rules=(rule,), max_per_day=2))
    for at, value in life:
        world.live(at, value)
    moments = [ask.at for ask in world.asked]
    assert all(b - a >= timedelta(minutes=30) for a, b in pairwise(moments))
    most = min(rule.max_per_day, world.policy.max_per_day)
    for moment in moments:
        assert sum(moment <= m < moment + timedelta(hours=24) for m in moments) <= most


@given(lives())
def test_nothing_is_done_without_fresh_readings_in_a_row(
    life: list[tuple[datetime, float | None]],
) -> None:
    world = World(RULE, Automation(rules=(RULE,)))
    for at, value in life:
        before = len(world.asked)
        world.live(at, value)
        if len(world.asked) > before:
            last = world.history[-2:]
            assert all(r.value < 0.9 for r in last)
            assert at - last[-1].at <= timedelta(minutes=5)
            assert last[1].at - last[0].at <= timedelta(minutes=5)
            assert {r.version for r in last} == {world.asked[-1].version}


@given(lives())
def test_a_proposal_is_made_once_until_the_readings_came_well_back(
    life: list[tuple[datetime, float | None]],
) -> None:
    """The champion stays, for nobody takes a proposal up: values at the limit make no noise."""
    rule = changed(cooldown="1m", max_per_day=1000)
    world = World(rule, Automation(rules=(rule,)))
    good_in_a_row, has_cleared = 0, True
    for at, value in life:
        world.champion, world.moved_at = 40, None
        before = len(world.asked)
        world.live(at, value)
        if len(world.asked) > before:
            assert has_cleared
            has_cleared, good_in_a_row = False, 0
        elif value is not None:
            good_in_a_row = good_in_a_row + 1 if value >= 0.92 else 0
            has_cleared = has_cleared or good_in_a_row >= rule.windows
