"""What is known of a finding from elsewhere, with its age, and why it stands where it does.

Shared by the cockpit and the command line. EPSS is a probability; it never says "exploited".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from riskcockpit.present.text import UNICODE, Glyphs, age, money, percent, plural, until
from riskcockpit.views.findings import FindingDetail, FindingRow, Known
from riskcockpit.views.posture import EnrichmentView
from riskcockpit.views.reports import EnrichmentReport

STALE_AFTER = timedelta(days=7)
"""Scores and listings that are older say little of today."""
KNOWLEDGE = {
    "epss": "EPSS scores",
    "kev": "KEV catalogue",
    "backstage": "service catalogue",
    "codeowners": "code owners",
}
"""The kinds of files and their titles, in the order in which they are shown."""
_ROWS = {
    "epss": ("score",),
    "kev": ("entry", "entries"),
    "backstage": ("service",),
    "codeowners": ("rule",),
}
_OUTCOMES = {
    "applied": "in force now",
    "older": "NOT TAKEN",
    "empty": "NOT TAKEN",
    "held": "HELD",
    "repeated": "unchanged",
}
_LEAST_SHOWN = 0.01
_ROUNDING = 1e-9
"""0.29 is 28.999… hundredths."""
_TEENS = range(11, 14)
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def priority(row: FindingRow, epss: float | None, now: datetime, glyphs: Glyphs = UNICODE) -> str:
    """Return the steps of the order `sort:priority` that a finding takes, with its values.

    In that order: known exploited, its deadline, severity, EPSS, money at risk, age. A finding that
    asks for no work has no deadline to keep.
    """
    return f" {glyphs.separator} ".join(_steps(row, epss, now, glyphs))


def counted_with(detail: FindingDetail) -> str:
    """Return whose findings of the same fault carry the money of this one; empty when it does."""
    if detail.row.exposure.amount or not detail.row.state.is_open:
        return ""
    tools = sorted({row.tool for row in detail.correlated if row.exposure.amount})
    return f"counted once, with what {' and '.join(tools)} sees of it" if tools else ""


def epss_words(epss: float | None, known: Known, now: datetime) -> str:
    """Return the score with its percentile and age; empty without one."""
    if epss is None:
        return ""
    score = f"EPSS {epss:.2f}" if epss >= _LEAST_SHOWN else f"EPSS {epss:.2g}"
    if known.percentile is None or known.scores_as_of is None:
        return f"{score}, as the tool says"
    rank = int(known.percentile * 100 + _ROUNDING)
    return f"{score}, {_ordinal(rank)} percentile, scores of {dated(known.scores_as_of, now)}"


def kev_words(*, is_kev: bool, known: Known, now: datetime) -> str:
    """Return what the catalogue of exploited vulnerabilities says, with its age; else the tool."""
    if not is_kev:
        return ""
    if known.kev_added is None or known.catalogue_as_of is None:
        return "known exploited, as the tool says"
    ransomware = ", by ransomware" if known.is_ransomware else ""
    due = f", to be mended by {known.kev_due:%Y-%m-%d}" if known.kev_due else ""
    since = f"known exploited since {known.kev_added:%Y-%m-%d}{ransomware}{due}"
    return f"{since}; catalogue of {dated(known.catalogue_as_of, now)}"


def owner_words(owner: str, known: Known) -> str:
    """Return all owners, the one that answers first."""
    return ", ".join(dict.fromkeys(filter(None, (owner, *known.owners))))


def dated(moment: datetime, now: datetime) -> str:
    """Return a day with its age, as `2026-11-20 (5 days old)`, and whether it is too old."""
    return f"{moment:%Y-%m-%d} ({_days(moment, now)}{', stale' if is_stale(moment, now) else ''})"


def loaded(view: EnrichmentView, now: datetime) -> str:
    """Return what is in force of one kind: how much, of when, and whether that is too old."""
    version = f" {view.version}" if view.version else ""
    files = f" in {plural(view.files, 'file')}" if view.files > 1 else ""
    word = plural(view.rows, *_ROWS[view.kind])
    age_of = f"{view.dated:%Y-%m-%d} ({_days(view.dated, now)}"
    return f"{word}{files},{version} of {age_of}{', STALE' if view.state == 'stale' else ''})"


def taken(report: EnrichmentReport) -> str:
    """Return what came of one file: what it is, of when, how much, and whether it counts now."""
    subject = f" of {report.subject}" if report.subject else ""
    version = f" {report.version}" if report.version else ""
    rows = plural(report.rows, *_ROWS[report.kind])
    title = f"{KNOWLEDGE[report.kind]}{subject}{version}"
    return f"{title}, {report.dated:%Y-%m-%d}: {rows}, {_OUTCOMES[report.outcome]}"


def is_stale(moment: datetime, now: datetime) -> bool:
    """Whether scores or listings of `moment` say little of `now`."""
    return now - moment > STALE_AFTER


def _steps(row: FindingRow, epss: float | None, now: datetime, glyphs: Glyphs) -> Iterator[str]:
    if row.is_kev:
        yield "known exploited"
    if row.due_at is not None and row.state.is_open:
        yield f"due {until(row.due_at, now)}" if row.due_at >= now else until(row.due_at, now)
    yield row.severity.word
    if epss is not None:
        yield f"EPSS {percent(100 * epss)}" if epss >= 0.0005 else "EPSS below 0.1 %"  # noqa: PLR2004 - what would be shown as 0
    yield money(row.exposure, glyphs=glyphs)
    word = "open" if row.state.is_open else f"{row.state.value.replace('_', ' ')}, first seen"
    ago = "" if row.state.is_open else " ago"
    yield f"{word} {age(row.first_seen, now)}{ago}"


def _days(moment: datetime, now: datetime) -> str:
    days = max(0, (now - moment).days)
    return f"{plural(days, 'day')} old" if days else "less than a day old"


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in _TEENS else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"
