"""Planning a move of a model's champion: where to, and what speaks against it. Pure.

The guards are those of facts/models.md section 5 that apply when a person rolls back; what only
automation must wait for (the cooldown) is a warning here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.model import CHAMPION, ModelVersion, RegisteredModel
from riskcockpit.domain.reading import ROLLS_BACK, Reading


@dataclass(frozen=True, slots=True)
class MoveFacts:
    """What is known when somebody wants to roll a model back, or to promote a version of it."""

    model: RegisteredModel
    readings: Sequence[Reading]
    """The newest reading of each metric and segment of each version."""
    data_alarms: Sequence[str]
    """Titles of open findings about the data the champion sees."""
    last_rollback_at: datetime | None
    in_flight: Sequence[str]
    """Ids of actions on this model that wait or are on their way."""
    now: datetime
    cooldown: timedelta
    max_reading_age: timedelta


@dataclass(frozen=True, slots=True)
class MovePlan:
    """Where a champion goes, and what speaks for and against it."""

    from_version: int | None
    to_version: int | None
    reasons: tuple[str, ...]
    """What speaks for it, one sentence each."""
    blockers: tuple[str, ...]
    warnings: tuple[str, ...]
    kind: ActionKind = ActionKind.MODEL_ROLLBACK

    @property
    def params(self) -> dict[str, str]:
        """The params of the action; `from` is the precondition."""
        return {"from": str(self.from_version or ""), "to": str(self.to_version or "")}


@dataclass(frozen=True, slots=True)
class MoveChoice:
    """A version that a champion could go back to."""

    version: int
    faults: tuple[str, ...]
    """Why it may not serve, one sentence each; empty when it may."""
    is_default: bool


def target_of(model: str) -> str:
    """Return the target of an action on a model's champion."""
    return f"{model}@{CHAMPION}"


def plan_move_back(facts: MoveFacts, to: int | None) -> MovePlan:
    """Choose where to roll back to, `to` or the newest version that may serve, and judge it."""
    champion = facts.model.champion
    if champion is None:
        missing = f"{facts.model.name} has no champion: nothing can be rolled back"
        return MovePlan(None, to, (), (missing,), ())
    wanted = to if to is not None else _newest_fit(facts, champion)
    if wanted is None:
        blockers = [f"no version older than {champion} is ready, approved and within its limits"]
    else:
        blockers = list(_target_faults(facts, wanted, champion))
    blockers += _others(facts)
    breaches = tuple(_breaches(facts, champion))
    return MovePlan(
        from_version=champion,
        to_version=wanted,
        reasons=tuple(_sentence(reading) for reading in breaches),
        blockers=tuple(blockers),
        warnings=tuple(_warnings(facts, champion, breaches)),
    )


def choices(facts: MoveFacts) -> tuple[MoveChoice, ...]:
    """Return every version older than the champion, the newest first, with what speaks against it.

    The default is where `plan_move_back` goes when nobody says where to.
    """
    champion = facts.model.champion
    if champion is None:
        return ()
    default = _newest_fit(facts, champion)
    older = (version for version in facts.model.versions if version.version < champion)
    return tuple(
        MoveChoice(
            version.version,
            tuple(_version_faults(facts, version, champion)),
            is_default=version.version == default,
        )
        for version in sorted(older, key=lambda version: version.version, reverse=True)
    )


def plan_promotion(facts: MoveFacts, to: int) -> MovePlan:
    """Judge moving the champion forward to version `to`, or setting it where there is none."""
    champion = facts.model.champion
    version = next((v for v in facts.model.versions if v.version == to), None)
    if version is None:
        blockers = [f"version {to} of {facts.model.name} is not known here yet: sync first"]
    else:
        blockers = list(_promotion_faults(facts, version, champion or 0))
    measured = [r for r in facts.readings if r.version == to and r.metric_class in ROLLS_BACK]
    warnings = [] if measured else [f"no accuracy or bias reading of version {to} is known"]
    warnings += [f"its data is in doubt: {title}" for title in facts.data_alarms]
    return MovePlan(
        from_version=champion,
        to_version=to,
        reasons=tuple(_sentence(reading) for reading in measured if not reading.is_breach),
        blockers=(*blockers, *_others(facts)),
        warnings=tuple(warnings),
        kind=ActionKind.MODEL_PROMOTE,
    )


def _promotion_faults(facts: MoveFacts, version: ModelVersion, champion: int) -> Iterator[str]:
    if version.version <= champion:
        yield f"version {version.version} is not newer than the champion, version {champion}"
    yield from _fitness_faults(facts, version)


def _others(facts: MoveFacts) -> list[str]:
    return [f"another move of this model is on its way: {id_[:10]}" for id_ in facts.in_flight]


def _newest_fit(facts: MoveFacts, champion: int) -> int | None:
    fit = (
        version.version
        for version in facts.model.versions
        if not any(_version_faults(facts, version, champion))
    )
    return max(fit, default=None)


def _target_faults(facts: MoveFacts, wanted: int, champion: int) -> Iterator[str]:
    version = next((v for v in facts.model.versions if v.version == wanted), None)
    if version is None:
        yield f"{facts.model.name} has no version {wanted}"
        return
    yield from _version_faults(facts, version, champion)


def _version_faults(facts: MoveFacts, version: ModelVersion, champion: int) -> Iterator[str]:
    name = f"version {version.version}"
    if version.version >= champion:
        yield f"{name} is not older than the champion, version {champion}"
    yield from _fitness_faults(facts, version)


def _fitness_faults(facts: MoveFacts, version: ModelVersion) -> Iterator[str]:
    name = f"version {version.version}"
    if version.status != "READY":
        yield f"{name} is {version.status or 'without a status'}, not READY"
    if version.is_rolled_back:
        yield f"{name} was rolled back itself"
    elif not version.is_approved:
        yield f"{name} is not approved by validation"
    for reading in _breaches(facts, version.version):
        yield f"{name} is itself beyond its limit: {_sentence(reading)}"


def _breaches(facts: MoveFacts, version: int) -> Iterator[Reading]:
    for reading in facts.readings:
        is_ours = reading.version == version and reading.metric_class in ROLLS_BACK
        if is_ours and reading.is_breach:
            yield reading


def _warnings(facts: MoveFacts, champion: int, breaches: Sequence[Reading]) -> Iterator[str]:
    if not breaches:
        yield f"no accuracy or bias reading of version {champion} is beyond its limit"
    for reading in breaches:
        age = facts.now - reading.at
        if age > facts.max_reading_age:
            minutes = int(age.total_seconds() // 60)
            yield f"the reading of {reading.metric} is {minutes} minutes old"
    for title in facts.data_alarms:
        yield f"its data is in doubt, the older version sees the same: {title}"
    if (last := facts.last_rollback_at) is not None and facts.now - last < facts.cooldown:
        minutes = int((facts.now - last).total_seconds() // 60)
        yield f"it was rolled back {minutes} minutes ago, within the cooldown"


def _sentence(reading: Reading) -> str:
    where = f" ({reading.segment})" if reading.segment else ""
    side = "below" if reading.value < (reading.threshold or 0.0) else "above"
    limit = "" if reading.threshold is None else f" {side} {reading.threshold:.4g}"
    return f"{reading.metric}{where} {reading.value:.4g}{limit}"
