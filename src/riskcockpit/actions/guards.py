"""The guards of automation: what must hold before anything is done about a reading. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskcockpit.actions.plan import MoveFacts, MovePlan
from riskcockpit.actions.windows import has_cleared
from riskcockpit.config.automation import Automation, Rule
from riskcockpit.config.durations import parse_duration
from riskcockpit.domain.automation import Asked, Check
from riskcockpit.domain.reading import Reading

DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Mode:
    """Whether a model may be rolled back without asking, and why."""

    is_enforced: bool
    why: str


@dataclass(frozen=True, slots=True)
class AutomationFacts:
    """What is known of one model when its rules are judged."""

    rollback: MoveFacts
    """As a person's rollback rests on; its `now` is the moment of the judgement."""
    history: Sequence[Reading]
    """The last readings of the model, in any order."""
    champion_since: datetime | None
    """When the champion took its place; None when nobody knows."""
    asked: Sequence[Asked]
    """Of all models."""
    stopped: str
    """Why automation is stopped; empty when it is not."""
    mode: Mode

    @property
    def now(self) -> datetime:
        """The moment of the judgement, aware UTC."""
        return self.rollback.now

    @property
    def model(self) -> str:
        """The model that is judged."""
        return self.rollback.model.name


def guards_of(
    policy: Automation,
    rule: Rule,
    facts: AutomationFacts,
    own: Sequence[Reading],
    plan: MovePlan,
) -> Iterator[Check]:
    """Yield every guard of a rule, whether it holds or not; `own` are the champion's readings."""
    champion = facts.rollback.model.champion
    measured = own[-1].version
    yield Check(
        "champion", champion is not None and measured == champion,
        "a version nobody names" if measured is None else f"version {measured}",
        "there is no champion" if champion is None else f"version {champion}, the champion",
    )  # fmt: skip
    faults = [fault for fault in plan.blockers if "is on its way" not in fault]
    is_fit = plan.to_version is not None and not faults
    yield Check(
        "target", is_fit, faults[0] if faults else f"version {plan.to_version}",
        "an older version that is READY, approved and within its limits",
    )  # fmt: skip
    flying = len(facts.rollback.in_flight)
    yield Check("way clear", flying == 0, f"{flying} moves on their way", "none")
    doubts = facts.rollback.data_alarms
    yield Check("data", not doubts, doubts[0] if doubts else "no doubt", "no open data finding")
    yield _armed(rule, facts, own)
    yield _cooldown(rule, facts)
    yield from _daily(policy, rule, facts)
    yield Check("switch", not facts.stopped, facts.stopped or "on", "automation is not stopped")


def _armed(rule: Rule, facts: AutomationFacts, own: Sequence[Reading]) -> Check:
    """The rule speaks once of a version until the readings came well back over the limit."""
    champion = facts.rollback.model.champion
    mine = (
        ask.at
        for ask in facts.asked
        if (ask.model, ask.version, ask.rule) == (facts.model, champion, rule.id)
    )
    last = max(mine, default=None)
    if last is None:
        return Check("not said yet", holds=True, value="never asked", wants="not asked yet")
    back = has_cleared(rule, [reading for reading in own if reading.at > last])
    wants = f"{rule.windows} windows {rule.hysteresis:g} within the limit since"
    return Check("not said yet", back, f"asked {span(facts.now - last)} ago", wants)


def _cooldown(rule: Rule, facts: AutomationFacts) -> Check:
    moments = [ask.at for ask in facts.asked if ask.model == facts.model]
    if (moved := facts.rollback.last_rollback_at) is not None:
        moments.append(moved)
    if not moments:
        return Check("cooldown", holds=True, value="never rolled back", wants=rule.cooldown)
    age = facts.now - max(moments)
    holds = age >= parse_duration(rule.cooldown)
    return Check("cooldown", holds, f"{span(age)} since the last", f"at least {rule.cooldown}")


def _daily(policy: Automation, rule: Rule, facts: AutomationFacts) -> Iterator[Check]:
    recent = [ask for ask in facts.asked if ask.at > facts.now - DAY]
    own = sum(ask.model == facts.model for ask in recent)
    yield Check(
        "daily maximum", own < rule.max_per_day, f"{own} of this model in 24 h",
        f"fewer than {rule.max_per_day}",
    )  # fmt: skip
    if facts.mode.is_enforced:
        done = sum(ask.is_enforced for ask in recent)
        yield Check(
            "maximum of all", done < policy.max_per_day, f"{done} without asking in 24 h",
            f"fewer than {policy.max_per_day}",
        )  # fmt: skip


def words(check: Check) -> str:
    """Return a check in one line."""
    return f"{check.name}: {check.value}, wants {check.wants}"


def span(age: timedelta) -> str:
    """Return an age in its largest unit of which there are two."""
    seconds = int(age.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if abs(seconds) >= 2 * length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
