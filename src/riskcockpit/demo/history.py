"""When each scope was scanned in ninety days, and which faults were there at each time. Pure.

Every scope is scanned at the beginning and on the day of the demo. In between it is scanned in
pairs some two days apart: faults that appear in the first of a pair and are gone in the second give
the mean time to remediate. All times are derived from the start of the demo and the seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from riskcockpit.demo.dice import Dice

DAYS = 90
"""How far back the history goes."""
PAIRS = (61, 47, 33, 27, 20, 13, 6)
"""Days before the start on which the first scan of a pair may fall."""
RECENT = 4
"""How many of them, from the end, fall into the last thirty days."""
FIX_HOURS = (44.0, 67.0)
"""How far apart the scans of a pair are."""
NEVER = 1_000_000


@dataclass(frozen=True, slots=True)
class Scope:
    """One scanner over one asset, with the moments it ran, oldest first."""

    asset: str
    scanner: str
    visits: tuple[datetime, ...]

    @property
    def pairs(self) -> int:
        """How many pairs of scans lie between the first and the last one."""
        return (len(self.visits) - 2) // 2


@dataclass(frozen=True, slots=True)
class Lifespan:
    """The first visit at which a fault is there, and the first at which it is gone again."""

    born: int
    died: int = NEVER

    def is_there(self, visit: int) -> bool:
        """Whether the scan of that visit finds the fault."""
        return self.born <= visit < self.died


def scope(dice: Dice, asset: str, scanner: str, start: datetime, pairs: int) -> Scope:
    """Return a scope with its visits: the beginning, `pairs` pairs, the day of the demo.

    One pair falls into the last thirty days; a second one lies before them.
    """
    names = (asset, scanner)
    first = start - timedelta(days=DAYS, hours=-dice.between(0, 12, *names, "first"))
    last = start - timedelta(minutes=dice.between(20, 600, *names, "last"))
    days = (PAIRS[:-RECENT], PAIRS[-RECENT:])[-pairs:] if pairs else ()
    visits = [first]
    for choice in days:
        day = dice.pick(choice, *names, len(visits))
        opened = start - timedelta(days=day, hours=-dice.between(0, 5, *names, day))
        hours = dice.between(*FIX_HOURS, *names, day, "gap")
        visits += [opened, opened + timedelta(hours=hours)]
    return Scope(asset, scanner, (*visits, last))


def lifespan(dice: Dice, where: Scope, fault: object, *, is_severe: bool) -> Lifespan:
    """Return when `fault` is there. Severe faults are fixed sooner and are younger."""
    names = (where.asset, where.scanner, fault)
    chance = dice.share(*names, "fate")
    if not where.pairs:
        return Lifespan(0 if chance < _UNPAIRED else len(where.visits) - 1)
    opened = 2 * dice.count(1, where.pairs, *names, "pair") - 1
    backlog, fixed, grown = _SEVERE if is_severe else _MILD
    if chance < backlog:
        return Lifespan(0)
    if chance < fixed:
        return Lifespan(opened, opened + 1)
    if chance < grown:
        return Lifespan(opened + dice.count(0, 1, *names, "which"))
    if chance > _OLD_FIX and where.pairs > 1:
        return Lifespan(0, dice.count(1, 2, *names, "old fix"))
    return Lifespan(len(where.visits) - 1)


_SEVERE = (0.18, 0.50, 0.72)
"""Shares: from the beginning · up to fixed within a pair · up to appeared and stayed."""
_MILD = (0.70, 0.80, 0.92)
_OLD_FIX = 0.965
_UNPAIRED = 0.9
"""Share of the faults of a scope without pairs that are there from the beginning."""
