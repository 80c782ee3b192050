"""What readings prove of the version that serves: that it breaches, or that it is well again. Pure.

Whatever is missing, old, or measured while another version served proves nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from riskcockpit.actions.automation import CLOCKS_DIFFER
from riskcockpit.actions.guards import AutomationFacts, span
from riskcockpit.actions.plan import MoveFacts
from riskcockpit.actions.windows import judged_by, sentence
from riskcockpit.config.automation import Automation, Rule
from riskcockpit.config.durations import parse_duration
from riskcockpit.domain.reading import ROLLS_BACK, Reading

Measured = tuple[str, str]
"""What is measured: metric and segment."""


@dataclass(frozen=True, slots=True)
class Breach:
    """Whether what an incident is about is so of the version that serves."""

    standing: tuple[Reading, ...]
    """Fresh readings of that version beyond their limit."""
    stale: tuple[Reading, ...]
    """Beyond it as well, but too old to say anything of now."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the readings since a moment say of the version that serves; one sentence each."""

    version: int | None
    within: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """What nobody knows yet, though it has to be known."""
    doubts: tuple[str, ...] = ()
    """What is to be known and proves nothing against it."""

    @property
    def is_given(self) -> bool:
        """Whether it is proven that the version is well: something is known, and nothing speaks
        against it."""
        return bool(self.within) and not self.beyond and not self.missing


def moment(at: datetime) -> str:
    """Return a moment to the second, as sentences say it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def breach_of(facts: MoveFacts, measured: Collection[Measured]) -> Breach:
    """Return which readings of the champion are beyond their limit, of what is `measured`."""
    champion = facts.model.champion
    found = [
        reading
        for reading in facts.readings
        if champion is not None
        and reading.version == champion
        and reading.metric_class in ROLLS_BACK
        and reading.is_breach
        and (reading.metric, reading.segment) in measured
    ]
    old = tuple(each for each in found if facts.now - each.at > facts.max_reading_age)
    return Breach(tuple(each for each in found if each not in old), old)


def prove(
    policy: Automation, facts: AutomationFacts, measured: Collection[Measured], since: datetime
) -> Proof:
    """Say whether the champion is well, by what was measured of it since `since`.

    All of `measured` that may roll a model back has to be known and within its limit; when none of
    it may, everything that may.
    """
    champion = facts.rollback.model.champion
    if champion is None:
        return Proof(None, missing=(f"{facts.model} has no champion",))
    series = sorted({(r.metric, r.segment) for r in facts.history if r.metric_class in ROLLS_BACK})
    wanted = [each for each in series if each in measured] or series
    if not wanted:
        return Proof(champion, missing=(f"no accuracy or bias of {facts.model} is measured",))
    proof = Proof(champion)
    for each in wanted:
        proof = _added(proof, policy, facts, each, since)
    others = [each for each in series if each not in wanted]
    worse = (sentence(reading) for reading in _newest_beyond(policy, facts, others))
    drifts = _newest_beyond(policy, facts, _others_beside(facts, series))
    doubts = tuple(f"{sentence(each)}: the older version sees the same data" for each in drifts)
    return replace(proof, beyond=(*proof.beyond, *worse), doubts=doubts)


def _added(
    proof: Proof, policy: Automation, facts: AutomationFacts, each: Measured, since: datetime
) -> Proof:
    """Return a proof with what is known of one series."""
    own = [reading for reading in _of_champion(facts, each) if _began(reading) > since]
    name = _name(each)
    if not own:
        why = f"no reading of {name} of version {proof.version} since {moment(since)}"
        return replace(proof, missing=(*proof.missing, why))
    newest = own[-1]
    age, longest = facts.now - newest.at, _max_age(policy, facts, newest)
    judged = _judged(policy, facts, newest)
    least = max((rule.min_sample for rule in _rules(policy, facts, newest)), default=0)
    if least and (newest.sample_size or 0) < least:
        size = "an unknown number of" if newest.sample_size is None else newest.sample_size
        why = f"the reading of {name} rests on {size} cases, fewer than {least}"
        return replace(proof, missing=(*proof.missing, why))
    if age > longest:
        why = f"the reading of {name} is {span(age)} old, longer than {span(longest)}"
        return replace(proof, missing=(*proof.missing, why))
    if all(reading.threshold is None for reading in judged):
        why = f"{name} {newest.value:.6g} has no limit to be judged by"
        return replace(proof, missing=(*proof.missing, why))
    bad = next((reading for reading in judged if reading.is_breach), None)
    if bad is not None:
        return replace(proof, beyond=(*proof.beyond, sentence(bad)))
    good = f"{name} {newest.value:.6g} at {moment(newest.at)}"
    return replace(proof, within=(*proof.within, good))


def _of_champion(facts: AutomationFacts, each: Measured) -> Sequence[Reading]:
    """Return the readings of one series that may be about the champion, the oldest first."""
    champion, latest = facts.rollback.model.champion, facts.now + CLOCKS_DIFFER
    found = (
        reading
        for reading in facts.history
        if (reading.metric, reading.segment) == each
        and reading.version in (champion, None)
        and reading.at <= latest
    )
    return sorted(found, key=lambda reading: reading.at)


def _began(reading: Reading) -> datetime:
    """Return from when on a reading is about the champion: one that names no version is about
    everything that served within its window."""
    if reading.version is not None or reading.window_seconds is None:
        return reading.at
    return reading.at - timedelta(seconds=reading.window_seconds)


def _newest_beyond(
    policy: Automation, facts: AutomationFacts, series: Collection[Measured]
) -> Iterator[Reading]:
    for each in series:
        for newest in _of_champion(facts, each)[-1:]:
            bad = (reading for reading in _judged(policy, facts, newest) if reading.is_breach)
            yield from list(bad)[:1]


def _others_beside(facts: AutomationFacts, series: Collection[Measured]) -> Sequence[Measured]:
    return sorted({(r.metric, r.segment) for r in facts.history} - set(series))


def _judged(policy: Automation, facts: AutomationFacts, reading: Reading) -> list[Reading]:
    """Return a reading as each of its judges sees it: by its own limit, and by every rule's."""
    return [reading, *(judged_by(rule, reading) for rule in _rules(policy, facts, reading))]


def _rules(policy: Automation, facts: AutomationFacts, reading: Reading) -> Iterator[Rule]:
    for rule in policy.rules:
        is_for = any(fnmatchcase(facts.model, pattern) for pattern in rule.models)
        of_class = rule.class_ is reading.metric_class
        if is_for and of_class and fnmatchcase(reading.metric, rule.reading):
            yield rule


def _max_age(policy: Automation, facts: AutomationFacts, reading: Reading) -> timedelta:
    """Return how old a reading may be: by its rules, else as for a rollback by hand."""
    ages = [parse_duration(rule.max_age) for rule in _rules(policy, facts, reading)]
    return min(ages, default=facts.rollback.max_reading_age)


def _name(each: Measured) -> str:
    metric, segment = each
    return f"{metric} ({segment})" if segment else metric
