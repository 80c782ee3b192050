"""The rule engine of automation: facts and a moment in, verdicts that explain themselves out. Pure.

Nothing is remembered between two judgements: what a rule asked for before stands in the ledger and
comes in as a fact. Whatever is missing counts against acting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from itertools import groupby

from riskcockpit.actions.guards import AutomationFacts, guards_of, span, words
from riskcockpit.actions.plan import MoveFacts, MovePlan, plan_move_back
from riskcockpit.actions.windows import is_low, is_unbroken, judged_by, sentence, windows_of
from riskcockpit.config.automation import Automation, Rule
from riskcockpit.config.durations import parse_duration
from riskcockpit.domain.automation import Check, Verdict
from riskcockpit.domain.reading import ROLLS_BACK, Reading

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of us the clock of a monitor may be."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one rule says of one series of one model, and why."""

    rule: str
    model: str
    version: int | None
    """The champion."""
    metric: str
    segment: str
    verdict: Verdict
    reason: str
    conditions: tuple[Check, ...]
    """What must hold for the readings to count as beyond their limit."""
    guards: tuple[Check, ...] = ()
    """What must hold for anything to be done about it; empty when nothing could be."""
    plan: MovePlan | None = None
    newest: Reading | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from others: rule, model, metric, segment."""
        return self.rule, self.model, self.metric, self.segment


def judge(policy: Automation, facts: AutomationFacts) -> tuple[Evaluation, ...]:
    """Judge every rule that concerns the model."""
    return tuple(
        evaluation
        for rule in policy.rules
        if any(fnmatchcase(facts.model, pattern) for pattern in rule.models)
        for evaluation in _of_rule(policy, rule, facts)
    )


def _of_rule(policy: Automation, rule: Rule, facts: AutomationFacts) -> Iterator[Evaluation]:
    ours = [
        reading
        for reading in facts.history
        if reading.metric_class is rule.class_ and fnmatchcase(reading.metric, rule.reading)
    ]
    if not ours:
        if facts.model in rule.models and facts.rollback.model.champion is not None:
            yield _silent(rule, facts)
        return
    key = _series_of
    for (metric, segment), group in groupby(sorted(ours, key=lambda r: (*key(r), r.at)), key):
        series = _Series(rule, facts, metric, segment, tuple(group))
        yield series.evaluation(policy)


def _series_of(reading: Reading) -> tuple[str, str]:
    return reading.metric, reading.segment


def _silent(rule: Rule, facts: AutomationFacts) -> Evaluation:
    """A rule names this model, and nobody ever measured what it is about."""
    wants = f"a {rule.class_.value} reading"
    check = Check("measured", holds=False, value="none", wants=wants)
    return Evaluation(
        rule.id, facts.model, facts.rollback.model.champion, rule.reading, "", Verdict.STALE,
        f"there is no {rule.class_.value} reading of {facts.model}", (check,),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Series:
    """The readings of one metric and segment under one rule, oldest first, of all versions."""

    rule: Rule
    facts: AutomationFacts
    metric: str
    segment: str
    readings: tuple[Reading, ...]

    @property
    def champion(self) -> int | None:
        return self.facts.rollback.model.champion

    @property
    def own(self) -> tuple[Reading, ...]:
        """Those of the champion, judged by the limit of the rule; versionless ones count as such.

        What comes from a clock far ahead is left out: nobody measured it yet.
        """
        latest = self.facts.now + CLOCKS_DIFFER
        return tuple(
            judged_by(self.rule, reading)
            for reading in self.readings
            if reading.version in (self.champion, None) and reading.at <= latest
        )

    def evaluation(self, policy: Automation) -> Evaluation:
        """Return what the rule says of the series."""
        own = self.own
        conditions = tuple(self._conditions(own))
        made = Evaluation(
            rule=self.rule.id,
            model=self.facts.model,
            version=self.champion,
            metric=self.metric,
            segment=self.segment,
            verdict=Verdict.QUIET,
            reason="",
            conditions=conditions,
            newest=own[-1] if own else None,
        )
        failing = next((check for check in conditions if not check.holds), None)
        if failing is not None:
            is_missing = failing.name in ("measured", "fresh")
            is_new = not own and self._is_new()
            verdict = Verdict.STALE if is_missing and not is_new else Verdict.QUIET
            return replace(made, verdict=verdict, reason=words(failing))
        limit = f"{sentence(own[-1])} in {self.rule.windows} windows"
        if self.rule.action == "alarm" or own[-1].metric_class not in ROLLS_BACK:
            return replace(made, verdict=Verdict.ALARM, reason=limit)
        plan = plan_move_back(self._target_facts(), None)
        guards = tuple(guards_of(policy, self.rule, self.facts, own, plan))
        held = [check for check in guards if not check.holds]
        if held:
            reason = f"{limit}; held: {'; '.join(map(words, held))}"
            return replace(made, verdict=Verdict.HELD, reason=reason, guards=guards, plan=plan)
        verdict = Verdict.ENFORCE if self.facts.mode.is_enforced else Verdict.PROPOSE
        return replace(made, verdict=verdict, reason=limit, guards=guards, plan=plan)

    def _is_new(self) -> bool:
        since = self.facts.champion_since
        return since is not None and self.facts.now - since <= parse_duration(self.rule.max_age)

    def _target_facts(self) -> MoveFacts:
        """The target is judged by the limit of this rule as well as by those of its readings."""
        known = self.facts.rollback
        by_rule = [
            judged_by(self.rule, reading)
            for reading in known.readings
            if _series_of(reading) == (self.metric, self.segment)
        ]
        return replace(known, readings=[*known.readings, *by_rule])

    def _conditions(self, own: Sequence[Reading]) -> Iterator[Check]:
        rule, now = self.rule, self.facts.now
        name = "no version" if self.champion is None else f"version {self.champion}"
        yield Check("measured", bool(own), f"{len(own)} readings of {name}", f"some of {name}")
        if not own:
            return
        newest, age = own[-1], now - own[-1].at
        yield Check(
            "fresh", age <= parse_duration(rule.max_age), f"{span(age)} old",
            f"at most {rule.max_age}",
        )  # fmt: skip
        limit = "none" if newest.threshold is None else f"{newest.threshold:.6g}"
        yield Check("limit", newest.threshold is not None, limit, "a threshold")
        found = windows_of(rule, own)
        beyond = sum(reading.is_breach for reading in found)
        shown = ", ".join(f"{reading.value:.6g}" for reading in found) or "none"
        yield Check(
            "beyond", beyond == len(found) == rule.windows and is_unbroken(rule, own, found),
            f"{beyond} of the last {len(found)} windows ({shown})",
            f"{rule.windows} in a row {'below' if is_low(newest) else 'above'} {limit}",
        )  # fmt: skip
        sizes = [reading.sample_size for reading in found]
        enough = all(size is not None and size >= rule.min_sample for size in sizes)
        least = "unknown" if None in sizes else str(min((s for s in sizes if s), default=0))
        yield Check(
            "sample", rule.min_sample == 0 or enough, least, f"at least {rule.min_sample}"
        )  # fmt: skip
