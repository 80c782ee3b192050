"""When a finding changes its state, and when a scan may close one. Pure.

`transitions` and `absences` give the whole table; the pipeline stages it and joins with it, so
that SQL and Python cannot disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from riskcockpit.config.settings import ClosureSettings, SlaSettings
from riskcockpit.domain.finding import Scan, State
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.sheet import Sheet

_DECIDED = frozenset((State.PENDING_WAIVER, State.WAIVED, State.FALSE_POSITIVE))
_NUMBERS = re.compile(r"\d+")


def after_seen(stored: State | None, *, needs_triage: bool, is_suppressed: bool) -> State:
    """Return the state of a finding that a scan shows; `stored` is None for a new one.

    What people decided stays. A suppression at the source is respected and shown; when it goes,
    the finding asks for work again. A finding that somebody took out of triage stays out of it.
    """
    if stored in _DECIDED:
        return stored
    if is_suppressed:
        return State.SUPPRESSED_AT_SOURCE
    if stored is State.OPEN:
        return State.OPEN
    return State.TRIAGE if needs_triage else State.OPEN


def after_absent(stored: State) -> State:
    """Return the state of a finding whose absence a complete scan confirmed.

    A waiver ends with its finding. A false positive is a verdict about the identity: it stays,
    so that the next image or branch that shows it again is not alarming.
    """
    return State.FALSE_POSITIVE if stored is State.FALSE_POSITIVE else State.FIXED


def transitions() -> Iterator[tuple[str, bool, bool, str]]:
    """Yield (stored, needs_triage, is_suppressed, result) of `after_seen`; stored "" is new."""
    for stored, triage, suppressed in product((None, *State), (False, True), (False, True)):
        result = after_seen(stored, needs_triage=triage, is_suppressed=suppressed)
        yield stored.value if stored else "", triage, suppressed, result.value


def absences() -> Iterator[tuple[str, str]]:
    """Yield (stored, result) of `after_absent` for every state but `fixed`."""
    for stored in State:
        if stored is not State.FIXED:
            yield stored.value, after_absent(stored).value


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is known of a scan besides its content."""

    is_stated: bool | None = None
    """What the person or the source says; None when nobody said anything."""
    may_close: bool = True
    """False when other documents of the scope exist that were not given now."""
    previous_version: str = ""
    """The tool's version at the last applied scan of the scope; empty when unknown."""


def reasons_not_to_close(scan: Scan, known: Completeness) -> tuple[str, ...]:
    """Return why absence in this scan proves nothing, in words; empty when it does.

    A stated completeness stands in for a missing success marker. It never outweighs what the
    report itself shows to be wrong.
    """
    is_proven = scan.is_successful is True or known.is_stated is True
    downgrade = (
        f"{scan.tool} {scan.tool_version} is older than {known.previous_version}, used before"
    )
    checks = (
        (known.is_stated is False, "it was imported as partial"),
        (not known.may_close, "other reports of the same scope were not given with it"),
        (scan.is_successful is False, "the tool says that the scan failed"),
        (scan.is_partial, "the report shows that not everything was scanned"),
        (bool(scan.tool_errors), f"the tool reports {_count(len(scan.tool_errors), 'error')}"),
        (bool(scan.problems), f"{_count(len(scan.problems), 'record')} could not be read"),
        (
            not (scan.observations or scan.evidence or scan.is_vex or is_proven),
            "it is empty and nothing says that the scan succeeded",
        ),
        (is_older_version(scan.tool_version, known.previous_version), downgrade),
    )
    return tuple(reason for holds, reason in checks if holds)


def enabled_rules(scan: Scan) -> frozenset[str] | None:
    """Return the rules that ran, or None when the report does not tell.

    A list in which every rule has a result is a list of what was found, not of what was looked
    for: many tools write it so. It says nothing about the others.
    """
    if scan.rules is None:
        return None
    silent = scan.rules - Sheet.of(scan.observations).rules()
    return scan.rules if silent or not scan.observations else None


def is_held(closures: int, live: int, limits: ClosureSettings) -> bool:
    """Whether so many closures are suspicious, of `live` findings in the scope before."""
    return closures > max(limits.max_count, limits.max_share * live)


def is_older_version(version: str, than: str) -> bool:
    """Whether a tool version is older than another, by its numbers; unknown is never older."""
    ours, theirs = (tuple(map(int, _NUMBERS.findall(text))) for text in (version, than))
    return bool(ours and theirs) and ours < theirs


def days_to_fix(severity: Severity, sla: SlaSettings, *, is_kev: bool) -> int | None:
    """Return the days from detection to the deadline; None when there is none.

    A vulnerability that is known to be exploited has the shorter of both deadlines.
    """
    by_severity = {
        Severity.CRITICAL: sla.critical_days,
        Severity.HIGH: sla.high_days,
        Severity.MEDIUM: sla.medium_days,
        Severity.LOW: sla.low_days,
        Severity.INFO: 0,
    }
    limits = (by_severity[severity], sla.kev_days if is_kev else 0)
    return min((days for days in limits if days > 0), default=None)


def due_at(
    start: datetime, severity: Severity, sla: SlaSettings, *, is_kev: bool
) -> datetime | None:
    """Return the deadline of a finding that was first seen, or reopened, at `start`."""
    days = days_to_fix(severity, sla, is_kev=is_kev)
    return None if days is None else start + timedelta(days=days)


def rearmed(before: datetime | None, after: datetime | None) -> datetime | None:
    """Return the deadline after a rise in severity: the shorter of both."""
    known = [moment for moment in (before, after) if moment is not None]
    return min(known, default=None)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
