"""When each scope was scanned in ninety days, and which faults were there at each time. Pure.

A scope is scanned steadily (when it was taken in and on the day of the demo), or in a pair of scans
some two days apart: faults that appear in the first of a pair and are gone in the second give the
mean time to remediate. Every scan costs the demo's start a tenth of a second, so there are few and
large ones. All times are derived from the start of the demo and the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from riskcockpit.demo.dice import Dice
from riskcockpit.domain.severity import Severity

DAYS = 90
"""How far back the history goes."""
PAIR_DAYS = (2.9, 6.0, 9.0, 13.0, 20.0)
"""Days before the start on which the first scan of a pair may fall."""
FIX_HOURS = (44.0, 67.0)
"""How far apart the scans of a pair are."""
NEVER = 1_000_000


class Rhythm(Enum):
    """How a scope was scanned."""

    STEADY = "some days ago and today"
    PAIRED = "at the beginning, and twice within days"
    REBUILT = "twice within days, of something that did not exist before"


@dataclass(frozen=True, slots=True)
class Scope:
    """One scanner over one asset, with the moments it ran, oldest first."""

    asset: str
    scanner: str
    rhythm: Rhythm
    visits: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Lifespan:
    """The first visit at which a fault is there, and the first at which it is gone again."""

    born: int
    died: int = NEVER

    def is_there(self, visit: int) -> bool:
        """Whether the scan of that visit finds the fault."""
        return self.born <= visit < self.died


def scope(dice: Dice, asset: str, scanner: str, start: datetime, rhythm: Rhythm) -> Scope:
    """Return a scope with its visits."""
    names = (asset, scanner)
    first = start - timedelta(days=DAYS, hours=-dice.between(0, 12, *names, "first"))
    if rhythm is Rhythm.STEADY:
        first = start - timedelta(days=dice.between(2.5, 6, *names, "taken in"))
        last = start - timedelta(minutes=dice.between(20, 600, *names, "last"))
        return Scope(asset, scanner, rhythm, (first, last))
    opened = start - timedelta(days=dice.pick(PAIR_DAYS, *names, "pair"))
    fixed = opened + timedelta(hours=dice.between(*FIX_HOURS, *names, "gap"))
    pair = (opened, fixed)
    return Scope(asset, scanner, rhythm, pair if rhythm is Rhythm.REBUILT else (first, *pair))


def lifespan(dice: Dice, where: Scope, fault: object, severity: Severity) -> Lifespan:
    """Return when `fault` is there. The worse it is, the sooner it is fixed, the younger it is."""
    chance = dice.share(where.asset, where.scanner, fault, "fate")
    fixed, last = len(where.visits) - 2, len(where.visits) - 1
    if where.rhythm is Rhythm.STEADY:
        return Lifespan(0 if chance < _KNOWN else last)
    if chance < _OLD[severity]:
        return Lifespan(0)
    if chance < _OLD[severity] + _MENDED[severity]:
        return Lifespan(fixed, last)
    is_new = severity is Severity.CRITICAL or chance > _NEW_TODAY
    return Lifespan(last if is_new else fixed)


_OLD = {
    Severity.CRITICAL: 0.02,
    Severity.HIGH: 0.02,
    Severity.MEDIUM: 0.78,
    Severity.LOW: 0.9,
    Severity.INFO: 0.9,
}
"""Share of the faults that were there from the beginning and still are."""
_MENDED = {
    Severity.CRITICAL: 0.85,
    Severity.HIGH: 0.26,
    Severity.MEDIUM: 0.1,
    Severity.LOW: 0.04,
    Severity.INFO: 0.04,
}
"""Share of the faults that come and go within a pair of scans."""
_KNOWN = 0.95
"""Share of the faults of a steadily scanned scope that its first scan saw already."""
_NEW_TODAY = 0.85
"""Faults above this chance are seen by the newest scan first, as all other critical ones are."""
