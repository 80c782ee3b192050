"""Windows of readings: how many in a row lie beyond a limit, and when they came back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from riskcockpit.config.automation import Rule
from riskcockpit.config.durations import parse_duration
from riskcockpit.domain.reading import Direction, Reading


def judged_by(rule: Rule, reading: Reading) -> Reading:
    """Return a reading with the limit of the rule, where the rule has one."""
    if rule.threshold is None and rule.direction in (None, reading.direction):
        return reading
    return replace(
        reading,
        threshold=reading.threshold if rule.threshold is None else rule.threshold,
        direction=rule.direction or reading.direction,
    )


def windows_of(rule: Rule, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """Return the last reading of each of the rule's newest windows, oldest first."""
    found: list[Reading] = []
    for reading in reversed(readings):
        apart = apart_of(rule, reading)
        if found and (
            reading.at >= found[-1].at or (apart is not None and found[-1].at - reading.at < apart)
        ):
            continue
        found.append(reading)
        if len(found) == rule.windows:
            break
    return tuple(reversed(found))


def apart_of(rule: Rule, reading: Reading) -> timedelta | None:
    """Return how far apart two readings are of different windows; None: any two are."""
    if rule.window:
        return parse_duration(rule.window)
    return None if reading.window_seconds is None else timedelta(seconds=reading.window_seconds)


def is_unbroken(rule: Rule, own: Sequence[Reading], found: Sequence[Reading]) -> bool:
    """Whether no good reading, and no silence, lies between the windows."""
    if not found:
        return False
    between = [reading for reading in own if found[0].at <= reading.at <= found[-1].at]
    apart = parse_duration(rule.max_age)
    if (least := apart_of(rule, found[-1])) is not None:
        apart += least
    steps = pairwise(between)
    return all(r.is_breach for r in between) and all(b.at - a.at <= apart for a, b in steps)


def has_cleared(rule: Rule, readings: Iterable[Reading]) -> bool:
    """Whether `windows` readings in a row came back over the limit by the hysteresis."""
    run = 0
    for reading in readings:
        run = run + 1 if _is_clear(rule, reading) else 0
        if run >= rule.windows:
            return True
    return False


def _is_clear(rule: Rule, reading: Reading) -> bool:
    if reading.threshold is None:
        return False
    margin = rule.hysteresis if is_low(reading) else -rule.hysteresis
    return reading.direction.holds(reading.value, reading.threshold + margin)


def is_low(reading: Reading) -> bool:
    """Whether bad values of a reading are low ones."""
    return reading.direction is Direction.AT_LEAST


def sentence(reading: Reading) -> str:
    """Return a reading and its limit in words; it has to have one."""
    where = f" ({reading.segment})" if reading.segment else ""
    side = "below" if is_low(reading) else "above"
    return f"{reading.metric}{where} {reading.value:.6g} {side} {reading.threshold:.6g}"
