"""What other tools judged, said so that our own judgement of the reading agrees with theirs. Pure.

A tool says "failed"; a reading says value, threshold and direction. The threshold is chosen by
the verdict, never the verdict by the threshold: some scores are good when high, some when low.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from riskcockpit.domain.reading import Direction, MetricClass, Reading

FAILED = ".failed"
"""After the name of a metric: how many checks of it failed, for what no threshold can express."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit a tool was given, and on which side of it values are good."""

    value: float
    direction: Direction

    def agrees(self, value: float, *, failed: bool) -> bool:
        """Whether a reading with this threshold is a breach exactly when the check failed."""
        return self.direction.holds(value, self.value) is not failed

    @property
    def strict(self) -> Bound:
        """The nearest bound beyond which this one is: for tools whose limit is not good itself."""
        toward = math.inf if self.direction is Direction.AT_LEAST else -math.inf
        return Bound(math.nextafter(self.value, toward), self.direction)


def at_least(value: float | None) -> Iterator[Bound]:
    """Yield the bound from below, if there is one."""
    if value is not None and math.isfinite(value):
        yield Bound(value, Direction.AT_LEAST)


def at_most(value: float | None) -> Iterator[Bound]:
    """Yield the bound from above, if there is one."""
    if value is not None and math.isfinite(value):
        yield Bound(value, Direction.AT_MOST)


def judged(reading: Reading, bounds: Sequence[Bound], *, failed: bool) -> tuple[Reading, ...]:
    """Return `reading` with the bound that agrees with the verdict.

    When none does, the value stands without a threshold, and a second reading says that a check
    failed (or did not).
    """
    choices = (*bounds, *(bound.strict for bound in bounds))
    chosen = next((bound for bound in choices if bound.agrees(reading.value, failed=failed)), None)
    if chosen is not None:
        return (replace(reading, threshold=chosen.value, direction=chosen.direction),)
    return (replace(reading, threshold=None), failures(reading, int(failed)))


def failures(reading: Reading, count: int) -> Reading:
    """Return the reading that says how many checks of a metric failed; none is good.

    Such a check may fail because things got better: it is never a reason to roll back.
    """
    rolls_back = reading.metric_class in (MetricClass.ACCURACY, MetricClass.BIAS)
    return replace(
        reading,
        metric=f"{reading.metric}{FAILED}",
        metric_class=MetricClass.OTHER if rolls_back else reading.metric_class,
        value=float(count),
        unit="count",
        threshold=0.0,
        direction=Direction.AT_MOST,
    )


def once(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Return one reading for each metric, segment and moment.

    Of several the first with a threshold stays; counts of failed checks are added up.
    """
    found: dict[tuple[object, ...], Reading] = {}
    for reading in readings:
        key = (reading.subject, reading.version, reading.metric, reading.segment, reading.at)
        known = found.setdefault(key, reading)
        if known is reading:
            continue
        if reading.metric.endswith(FAILED):
            found[key] = replace(known, value=known.value + reading.value)
        elif known.threshold is None:
            found[key] = reading
    return tuple(found.values())
