"""The laws of alerting, over whole histories of what is so and when somebody looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskcockpit.alerts.decide import Acks, Plan, decide
from riskcockpit.alerts.deliver import MOST_ATTEMPTS, attempted, due, marked, recovered
from riskcockpit.alerts.rules import Rules, rules_of
from riskcockpit.alerts.state import DeliveryState, State
from riskcockpit.config.alerts import (
    AlertSettings,
    Budget,
    ChannelSettings,
    Escalation,
    Match,
    QuietHours,
    Route,
)
from riskcockpit.domain.alert import AlertKind, Fact, Fate, Why
from riskcockpit.domain.severity import Severity

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHANNELS = tuple(ChannelSettings(name=name, kind="command", argv=("x",)) for name in ("one", "two"))
ROUTES = (Route(to=("one", "two"), match=Match(least="low")),)
PLAIN = AlertSettings(channels=CHANNELS, routes=ROUTES)
NIGHT = (QuietHours(from_="20:00", until="07:00"),)


def rules(**changes: object) -> Rules:
    """Rules with two recipients, changed."""
    return rules_of(msgspec.structs.replace(PLAIN, **changes))


def fact(key: str = "model:fraud", severity: Severity = Severity.HIGH, **columns: object) -> Fact:
    """A fact of that severity."""
    made = Fact(key=key, kind=AlertKind.MODEL_ALARM, severity=severity, title=key, detail="drifts",
                since=START, owner="risk")  # fmt: skip
    return replace(made, **columns)  # type: ignore[arg-type]  # as the test wants it


@dataclass
class Watch:
    """Cycles one after the other."""

    rules: Rules
    state: State = field(default_factory=State)

    def look(self, after: timedelta, *facts: Fact, acks: Acks | None = None) -> Plan:
        """Run the cycle that long after the start."""
        plan = decide(self.state, facts, acks or {}, self.rules, START + after)
        self.state = plan.state
        return plan


HOUR = timedelta(hours=1)


def whys(plan: Plan) -> list[tuple[str, str, Why]]:
    """(channel, key, why) of all that is told."""
    return [(d.channel, line.key, line.why) for d in plan.created for line in d.notice.lines]


def test_the_same_thing_is_told_once_and_again_when_it_is_worse_or_the_time_has_come() -> None:
    watch = Watch(
        rules(escalation=PLAIN.escalation, repeat_after="24h", routes=(Route(to=("one",)),))
    )
    assert whys(watch.look(0 * HOUR, fact())) == [("one", "model:fraud", Why.NEW)]
    again = watch.look(HOUR, fact())
    assert (again.created, again.fates) == ((), {"model:fraud": Fate.DUPLICATE})
    worse = watch.look(2 * HOUR, fact(severity=Severity.CRITICAL))
    assert whys(worse) == [("one", "model:fraud", Why.WORSE)]
    better = watch.look(3 * HOUR, fact(severity=Severity.LOW))
    assert better.fates == {"model:fraud": Fate.DUPLICATE}
    assert watch.look(25.9 * HOUR, fact()).created == ()
    assert whys(watch.look(26 * HOUR, fact())) == [("one", "model:fraud", Why.STILL)]


def test_what_flaps_is_one_alert_and_what_comes_back_late_is_a_new_one() -> None:
    watch = Watch(rules())
    watch.look(0 * HOUR, fact(severity=Severity.MEDIUM))
    watch.look(HOUR)
    assert watch.look(2 * HOUR, fact(severity=Severity.MEDIUM)).created == ()
    watch.look(3 * HOUR)
    watch.look(28 * HOUR)
    assert whys(watch.look(29 * HOUR, fact())) == [("one", "model:fraud", Why.NEW)]


def test_what_joins_and_is_as_grave_is_told_at_once_and_needs_an_acknowledgement() -> None:
    watch, acks = Watch(rules()), dict[str, tuple[datetime, str]]()

    def told(hours: float, *parts: str, severity: Severity = Severity.HIGH) -> list[Why]:
        plan = watch.look(hours * HOUR, fact(parts=parts, severity=severity), acks=acks)
        return [why for _, _, why in whys(plan)]

    assert told(0, "drop v3") == [Why.NEW]
    acks["model:fraud"] = (START + HOUR, "ann")
    assert told(2, "drop v3") == []
    assert told(2, "drift v3", severity=Severity.LOW) == []
    assert told(3, "drop v3", "unfair v3") == [Why.WORSE]
    assert told(3, "drop v3", "unfair v3") == told(3) == []
    watch.look(4 * HOUR)
    assert told(5, "unfair v3") == [Why.ESCALATED], "the acknowledgement was of before"
    assert told(5, "drop v2") == [Why.WORSE], "the version that took over fails too"
    acks["model:fraud"] = (START + 6 * HOUR, "ann")
    assert told(7, "drop v2") == []
    assert watch.state.alerts[0].fate is Fate.ACKNOWLEDGED


def test_what_was_told_of_a_version_that_served_before_says_nothing_of_the_next() -> None:
    watch = Watch(rules())
    assert len(whys(watch.look(0 * HOUR, fact()))) == 1
    next_ = fact(parts=("drop v2",))
    assert whys(watch.look(HOUR / 60, next_)) == [("one", "model:fraud", Why.WORSE)]


def test_what_joined_in_quiet_hours_is_told_when_they_end() -> None:
    watch = Watch(rules(quiet_hours=NIGHT, escalation=Escalation(least="critical")))
    watch.look(0 * HOUR, fact(parts=("a",)))
    plan = watch.look(9 * HOUR, fact(parts=("a", "b")))
    assert plan.fates == {"model:fraud": Fate.QUIET_HOURS}
    assert [line[2] for line in whys(watch.look(19 * HOUR, fact(parts=("a", "b"))))] == [Why.WORSE]


def test_silence_goes_to_the_next_recipient_and_an_acknowledgement_ends_it() -> None:
    watch = Watch(rules())
    watch.look(0 * HOUR, fact())
    assert watch.look(timedelta(minutes=29), fact()).created == ()
    assert whys(watch.look(timedelta(minutes=30), fact())) == [
        ("two", "model:fraud", Why.ESCALATED)
    ]
    assert watch.look(5 * HOUR, fact()).created == ()  # nobody is left to escalate to
    heard = Watch(rules())
    heard.look(0 * HOUR, fact())
    acks = {"model:fraud": (START + timedelta(minutes=10), "ann")}
    plan = heard.look(40 * HOUR, fact(), acks=acks)
    assert plan.fates == {"model:fraud": Fate.ACKNOWLEDGED}
    worse = heard.look(41 * HOUR, fact(severity=Severity.CRITICAL), acks=acks)
    assert whys(worse) == [("one", "model:fraud", Why.WORSE)]
    silent = heard.look(42 * HOUR, fact(severity=Severity.CRITICAL), acks=acks)
    assert whys(silent) == [("two", "model:fraud", Why.ESCALATED)]


def test_an_acknowledgement_of_before_it_began_says_nothing() -> None:
    watch = Watch(rules())
    plan = watch.look(0 * HOUR, fact(), acks={"model:fraud": (START - HOUR, "ann")})
    assert plan.fates == {"model:fraud": Fate.SENT}


def test_an_alert_acknowledged_before_it_was_told_is_told_when_it_gets_worse() -> None:
    watch = Watch(rules(quiet_hours=(QuietHours(from_="00:00", until="24:00"),)))
    acks = {"model:fraud": (START + HOUR, "ann")}
    watch.look(0 * HOUR, fact())
    assert watch.look(2 * HOUR, fact(), acks=acks).fates["model:fraud"] is Fate.ACKNOWLEDGED
    worse = watch.look(3 * HOUR, fact(severity=Severity.CRITICAL), acks=acks)
    assert worse.fates["model:fraud"] is Fate.SENT


def test_quiet_hours_hold_back_until_they_end_and_the_worst_breaks_through() -> None:
    watch = Watch(rules(quiet_hours=NIGHT))
    night = 9 * HOUR  # 21:00
    plan = watch.look(night, fact("a"), fact("b", Severity.CRITICAL))
    assert plan.fates == {"a": Fate.QUIET_HOURS, "b": Fate.SENT}
    morning = watch.look(19 * HOUR, fact("a"), fact("b", Severity.CRITICAL))
    assert ("one", "a", Why.NEW) in whys(morning)


def test_a_budget_ends_at_midnight_of_the_time_zone_and_the_worst_is_not_bound_by_it() -> None:
    limits = Budget(per_day=1, owners={"rich": 2})
    watch = Watch(rules(budget=limits, group_by=("model",), time_zone="Europe/London"))
    plan = watch.look(
        0 * HOUR,
        fact("a", model="a"), fact("b", model="b"), fact("c", Severity.CRITICAL, model="c"),
        fact("d", model="d", owner="rich"), fact("e", model="e", owner="rich"),
    )  # fmt: skip
    spent = {key for key, fate in plan.fates.items() if fate is Fate.BUDGET}
    assert spent == {"a", "b"}
    tomorrow = watch.look(12 * HOUR, fact("a", model="a"))
    assert whys(tomorrow) == [("one", "a", Why.NEW)]


def test_what_shares_owner_and_kind_is_one_message_the_worst_first() -> None:
    plan = Watch(rules()).look(
        0 * HOUR, fact("a"), fact("b", Severity.CRITICAL), fact("c", owner="other"),
        fact("d", kind=AlertKind.SLA),
    )  # fmt: skip
    told = [tuple(line.key for line in each.notice.lines) for each in plan.created]
    assert told == [("b", "a"), ("c",), ("d",)]
    assert plan.fates["a"] is Fate.GROUPED


def test_nobody_is_told_of_what_is_waived_or_has_no_route_and_both_are_counted() -> None:
    watch = Watch(rules())
    plan = watch.look(0 * HOUR, fact("w", is_waived=True), fact("r", Severity.INFO))
    assert plan.fates == {"w": Fate.WAIVED, "r": Fate.NO_ROUTE}
    assert plan.state.tally == {"2026-11-24T12": {"no_route": 1, "waived": 1}}
    held = {alert.fact.key: dict(alert.held) for alert in plan.state.alerts}
    assert held == {"w": {"waived": 1}, "r": {"no_route": 1}}


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [
        ("2026-03-29T00:59+00:00", True),  # 00:59 of the winter, put forward at 01:00
        ("2026-03-29T01:00+00:00", False),  # 02:00 of the summer: 01:xx does not happen
        ("2026-10-25T00:30+00:00", True),  # 01:30 of the summer
        ("2026-10-25T01:30+00:00", True),  # 01:30 again, of the winter
        ("2026-10-25T02:00+00:00", False),
        ("2026-07-01T22:59+00:00", False),  # 23:59
        ("2026-07-01T23:00+00:00", True),  # midnight in London
        ("2026-01-01T23:00+00:00", False),
    ],
)
def test_quiet_hours_go_by_the_clock_on_the_wall(moment: str, is_quiet: bool) -> None:
    night = rules(
        time_zone="Europe/London", quiet_hours=(QuietHours(from_="00:00", until="02:00"),)
    )
    assert night.is_quiet(datetime.fromisoformat(moment)) is is_quiet


@pytest.mark.parametrize(
    ("moment", "is_quiet"),
    [
        ("2026-11-27T19:59+00:00", False),  # a Friday
        ("2026-11-27T20:00+00:00", True),
        ("2026-11-28T06:59+00:00", True),  # began on Friday
        ("2026-11-28T07:00+00:00", False),
        ("2026-11-28T21:00+00:00", False),  # none begins on Saturday
        ("2026-11-30T03:00+00:00", False),  # Monday: none began on Sunday
    ],
)
def test_a_night_belongs_to_the_day_it_begins_on(moment: str, is_quiet: bool) -> None:
    span = QuietHours(from_="20:00", until="07:00", days=("fri",))
    assert rules(quiet_hours=(span,)).is_quiet(datetime.fromisoformat(moment)) is is_quiet


# Histories: steps of time, at each some facts of changing severity, some acknowledged.

KEYS = st.sampled_from("abcdef")
FACTS = st.lists(
    st.builds(
        fact,
        key=KEYS,
        severity=st.sampled_from(Severity),
        owner=st.sampled_from(("", "risk", "payments")),
        kind=st.sampled_from((AlertKind.SLA, AlertKind.KPI)),
        is_waived=st.sampled_from((False, False, False, True)),
    ),
    max_size=8,
)
STEPS = st.lists(
    st.tuples(st.sampled_from((1, 20, 31, 90, 600, 1500)), FACTS, st.sets(KEYS, max_size=2)),
    min_size=1,
    max_size=12,
)
RULES = st.builds(
    rules,
    quiet_hours=st.sampled_from(((), NIGHT)),
    budget=st.builds(Budget, per_day=st.integers(0, 3)),
    break_through=st.sampled_from(("high", "critical")),
    repeat_after=st.sampled_from(("1h", "24h")),
    time_zone=st.sampled_from(("UTC", "Europe/London", "America/New_York")),
    group_by=st.sampled_from(((), ("kind",))),
    routes=st.sampled_from(
        (ROUTES, (Route(to=("two",), match=Match(kinds=(AlertKind.SLA,))), *ROUTES), ())
    ),
)


def history(
    chosen: Rules, steps: Sequence[tuple[int, list[Fact], set[str]]]
) -> list[tuple[datetime, Plan]]:
    """Run the steps; each acknowledges what it names at its moment."""
    watch, now, acks, plans = Watch(chosen), START, dict[str, tuple[datetime, str]](), []
    for minutes, facts, signed in steps:
        now += timedelta(minutes=minutes)
        acks.update(dict.fromkeys(signed, (now, "ann")))
        plans.append((now, watch.look(now - START, *facts, acks=acks)))
    return plans


@settings(max_examples=60)
@given(RULES, STEPS)
def test_laws(chosen: Rules, steps: list[tuple[int, list[Fact], set[str]]]) -> None:
    plans = history(chosen, steps)
    ordinary: Counter[tuple[object, str]] = Counter()
    spent: Counter[tuple[object, str]] = Counter()
    for (now, plan), (_, facts, _) in zip(plans, steps, strict=True):
        keys = {each.key for each in facts}
        told = [line.key for each in plan.created for line in each.notice.lines]
        # No fact is lost, none is told twice in a cycle: each is in one message, or held back.
        assert set(plan.fates) == keys
        assert Counter(told) == Counter(
            key for key, fate in plan.fates.items() if fate in (Fate.SENT, Fate.GROUPED)
        )
        assert sum(fate is Fate.SENT for fate in plan.fates.values()) == len(plan.created)
        # Every fate is counted.
        assert {a.fact.key for a in plan.state.alerts if a.ended_at is None} == keys
        for each in plan.created:
            severity = each.notice.severity
            is_urgent = severity >= chosen.break_through
            assert is_urgent or not chosen.is_quiet(now)
            assert chosen.is_quiet(now) is False or all(
                line.severity >= chosen.break_through for line in each.notice.lines
            )
            who = (chosen.day(now), each.notice.owner)
            budget = chosen.budget(each.notice.owner)
            if spent[who] >= budget:
                assert all(line.severity >= chosen.break_through for line in each.notice.lines)
            spent[who] += 1
            ordinary[who] += not is_urgent
            assert ordinary[who] <= budget
    counted = Counter[str]()
    for counts in plans[-1][1].state.tally.values():
        counted.update(counts)
    assert counted == Counter(fate.value for _, plan in plans for fate in plan.fates.values())


@settings(max_examples=20)
@given(RULES, STEPS, st.randoms(use_true_random=False))
def test_order_of_facts_and_a_state_read_back_change_nothing(
    chosen: Rules, steps: list[tuple[int, list[Fact], set[str]]], chance: object
) -> None:
    watch, other, now = Watch(chosen), Watch(chosen), START
    for minutes, facts, _ in steps:
        now += timedelta(minutes=minutes)
        shuffled = list(facts)
        chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of hypothesis
        other.state = msgspec.json.decode(msgspec.json.encode(other.state), type=State)
        assert watch.look(now - START, *facts) == other.look(now - START, *shuffled)


# Sending


def test_a_refused_message_is_sent_again_and_given_up_in_the_end() -> None:
    watch = Watch(rules())
    (delivery,) = watch.look(0 * HOUR, fact()).created
    for attempt in range(1, MOST_ATTEMPTS + 1):
        delivery = attempted(delivery, DeliveryState.WAITING, "no", START)
        state = marked(watch.state, delivery)
        ready = due(state, watch.rules, START, at_once=True)[1]
        assert bool(ready) is (attempt < MOST_ATTEMPTS)
    assert delivery.state is DeliveryState.FAILED


def test_a_channel_that_is_down_all_day_uses_up_no_attempts_in_an_hour() -> None:
    watch = Watch(rules())
    watch.look(0 * HOUR, fact())
    tried: list[float] = []
    for minute in range(26 * 60):
        now = START + minute * HOUR / 60
        watch.state, ready = due(watch.state, watch.rules, now)
        for each in ready:
            tried.append(minute / 60)
            refused = attempted(each, DeliveryState.WAITING, "no", now)
            watch.state = marked(watch.state, refused)
    assert tried[0] == 0
    assert tried[1] == pytest.approx(1 / 60)
    assert 5 <= sum(hour < 1 for hour in tried) <= 7
    assert len(tried) == MOST_ATTEMPTS
    assert 23 < tried[-1] < 25


def test_an_earlier_failure_waits_for_the_end_of_quiet_hours_too() -> None:
    watch = Watch(rules(quiet_hours=NIGHT))
    watch.look(0 * HOUR, fact("a"), fact("b", Severity.CRITICAL, owner="other"))
    _, ready = due(watch.state, watch.rules, START + 9 * HOUR)
    assert [each.notice.severity for each in ready] == [Severity.CRITICAL]
    assert len(due(watch.state, watch.rules, START + 19 * HOUR)[1]) == 2


def test_what_ended_or_was_acknowledged_meanwhile_is_not_sent_any_more() -> None:
    watch = Watch(rules())
    watch.look(0 * HOUR, fact("a"), fact("b", owner="other"), fact("c", owner="third"),
               fact("d", owner="fourth"))  # fmt: skip
    watch.look(
        HOUR / 60, fact("b", owner="other"), fact("c", owner="third"),
        fact("d", owner="fourth", is_waived=True), acks={"b": (START + HOUR / 60, "ann")},
    )  # fmt: skip
    state, ready = due(watch.state, watch.rules, START + HOUR / 60)
    assert [line.key for each in ready for line in each.notice.lines] == ["c"]
    assert [each.state for each in state.deliveries].count(DeliveryState.SUPERSEDED) == 3


def test_only_where_a_repetition_can_be_told_is_a_message_sent_again_after_a_crash() -> None:
    watch = Watch(rules())
    (delivery,) = watch.look(0 * HOUR, fact()).created
    crashed = marked(watch.state, replace(delivery, state=DeliveryState.SENDING))
    assert recovered(crashed, {"one"}, START).deliveries[0].state is DeliveryState.WAITING
    assert recovered(crashed, {"two"}, START).deliveries[0].state is DeliveryState.UNKNOWN


def test_a_control_that_is_judged_again_fails_since_it_was_first_seen_to() -> None:
    watch, hour = Watch(rules()), timedelta(hours=1)

    def judged(after: timedelta) -> datetime:
        at = START + after
        watch.look(after, fact("control:x", kind=AlertKind.CONTROL, since=at))
        return watch.state.alerts[0].fact.since

    assert judged(hour) == START + hour
    assert judged(2 * hour) == START + hour
    watch.look(3 * hour)
    assert judged(4 * hour) == START + 4 * hour, "it had ended in between"
