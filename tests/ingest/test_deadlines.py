"""Deadlines against worlds computed by hand: kept, missed for ever, frozen, shortened, none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from riskcockpit.config.settings import SlaSettings
from riskcockpit.domain.finding import Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.policy import IngestPolicy
from support.ingesting import START, Bank, code, open_bank

SLA = SlaSettings(critical_days=3, high_days=10, medium_days=30, low_days=0, kev_days=2)
INFO, LOW, MEDIUM, HIGH, CRITICAL = Severity
KEV, SILENT = "kev", "suppressed at the source"
GONE = None


@dataclass(frozen=True)
class World:
    """What scans show on days 1, 2, …, and what must come of it; days count from START."""

    scans: dict[int, Severity | tuple[Severity, str] | None]
    """Day → severity (and whether it is exploited, or suppressed), or None: absent."""
    due: int | None
    """Day of the deadline at the end."""
    fixed: int | None = None
    past: tuple[tuple[int, int, bool], ...] = ()
    """(day of the deadline, day it ended, missed)."""


WORLDS = {
    "open: counted from the first scan": World({1: HIGH, 5: HIGH}, due=11),
    "fixed in time: frozen at the fix": World({1: HIGH, 5: GONE, 40: GONE}, due=11, fixed=5),
    "fixed late: missed for ever": World({1: HIGH, 20: GONE, 40: GONE}, due=11, fixed=20),
    "back after a fix in time: new clock, the kept one on record": World(
        {1: HIGH, 5: GONE, 9: HIGH}, due=19, past=((11, 5, False),)
    ),
    "back after a late fix: new clock, the breach on record": World(
        {1: HIGH, 20: GONE, 25: HIGH}, due=35, past=((11, 20, True),)
    ),
    "back suppressed at the source: a return all the same": World(
        {1: HIGH, 5: GONE, 9: (HIGH, SILENT), 40: HIGH}, due=19, past=((11, 5, False),)
    ),
    "back twice: every clock on record": World(
        {1: HIGH, 20: GONE, 25: HIGH, 30: GONE, 31: HIGH, 60: GONE},
        due=41, fixed=60, past=((11, 20, True), (35, 30, False)),
    ),
    "back with another severity: its clock": World(
        {1: HIGH, 5: GONE, 9: CRITICAL}, due=12, past=((11, 5, False),)
    ),
    "worse: the shorter of both, the new one": World({1: MEDIUM, 5: CRITICAL}, due=8),
    "worse near the end: the shorter of both, the old one": World({1: MEDIUM, 30: HIGH}, due=31),
    "worse after it was missed: missed": World({1: HIGH, 20: CRITICAL}, due=11),
    "better in time: the longer one from the first day": World({1: HIGH, 5: MEDIUM}, due=31),
    "better after it was missed: the breach on record": World(
        {1: HIGH, 20: MEDIUM}, due=31, past=((11, 20, True),)
    ),
    "no deadline for its severity: never missed": World({1: LOW, 400: GONE}, due=None, fixed=400),
    "info: never missed": World({1: INFO, 400: INFO}, due=None),
    "better to none after it was missed: the breach on record": World(
        {1: HIGH, 20: LOW}, due=None, past=((11, 20, True),)
    ),
    "better to none in time: nothing to miss": World({1: HIGH, 5: LOW}, due=None),
    "worse from none: a clock from then on": World({1: LOW, 100: HIGH}, due=110),
    "exploited from the start": World({1: (HIGH, KEV)}, due=3),
    "exploited and without a deadline of its own": World({1: (LOW, KEV)}, due=3),
    "listed as exploited: the shorter of both": World({1: HIGH, 5: (HIGH, KEV)}, due=7),
    "listed near the end: the old one": World({1: HIGH, 10: (HIGH, KEV)}, due=11),
    "no longer listed in time: the one of its severity": World(
        {1: (HIGH, KEV), 2: HIGH}, due=11
    ),
    "no longer listed after it was missed: the breach on record": World(
        {1: (HIGH, KEV), 6: HIGH}, due=11, past=((3, 6, True),)
    ),
}  # fmt: skip


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())
def test_deadlines_end_as_they_do_when_computed_by_hand(tmp_path: Path, world: World) -> None:
    bank = played(tmp_path, world)
    assert bank.rows("SELECT due_at, fixed_at FROM finding WHERE rule = 'it'") == [
        (day(world.due), day(world.fixed))
    ]
    past = bank.rows(
        "SELECT due_at, ended_at, ended_at > due_at FROM past_deadline ORDER BY ended_at"
    )
    assert past == [(day(due), day(end), missed) for due, end, missed in world.past]


def test_a_scan_that_changes_nothing_leaves_no_past(tmp_path: Path) -> None:
    bank = played(tmp_path, World(dict.fromkeys(range(1, 30), HIGH), due=11))
    assert bank.rows("SELECT count(*) FROM past_deadline") == [(0,)]


def played(directory: Path, world: World) -> Bank:
    """Scan on the days of `world`; a second finding keeps every report from being empty."""
    bank = open_bank(directory, IngestPolicy(sla=SLA))
    other = code(rule="other", path="other.py", severity=INFO)
    for day_, shown in world.scans.items():
        bank.scans = day_ - 1
        seen = [other] if shown is None else [other, _shown(shown)]
        bank.scan(seen, modified_at=day(day_))
    return bank


def _shown(shown: Severity | tuple[Severity, str]) -> Observation:
    severity, kev = shown if isinstance(shown, tuple) else (shown, "")
    seen = replace(code(rule="it"), severity=severity, is_kev=kev == KEV)
    return replace(seen, is_suppressed=kev == SILENT)


def day(number: int | None) -> object:
    """Return the moment at which day `number` is scanned."""
    return None if number is None else START + timedelta(days=number)
