"""A finding in words: the short form beside a list, the long form on its own screen."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells
from textual.content import Content

from riskcockpit.domain.finding import Location, State
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_text, steady
from riskcockpit.present.columns import Frame
from riskcockpit.present.deadlines import deadline, past_deadline
from riskcockpit.present.knowledge import counted_with, epss_words, kev_words, priority
from riskcockpit.present.links import links_of
from riskcockpit.present.text import age, count, money, plural, severity_token, stamp, until
from riskcockpit.tui.hyperlinks import linked
from riskcockpit.tui.widgets.plain import Part, styled
from riskcockpit.views.findings import FindingDetail, FindingEventView, FindingRow, WaiverView

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.governance import ControlView

LABEL = 12
"""Cells a label takes."""
_LONGEST = 4_000
_LONGEST_PLACE = 400
"""Characters of a path that are shown; the CLI prints all."""


def finding_brief(row: FindingRow, frame: Frame, width: int) -> list[Content]:
    """Return what can be said without another question."""
    head: list[Part] = [
        (row.severity.word, severity_token(row.severity)),
        (f"  {row.state.value.replace('_', ' ')}", "strong"),
    ]
    if row.is_kev:
        head.append(("  KEV-listed", "alarm"))
    if row.is_unconfirmed_absent:
        head.append(("  not seen by the last scan", "muted"))
    exact = money(row.exposure, exact=True, glyphs=frame.glyphs)
    return [
        *paragraph(row.title, width, "strong"),
        styled(head),
        Content(""),
        *fact("asset", row.asset + (f"  owner {row.owner}" if row.owner else ""), width),
        *fact("location", _capped(row.location, frame), width),
        *fact("tool", f"{row.tool}  {row.rule}", width),
        *fact("package", row.package, width),
        *fact("cve", row.vulnerability, width),
        *fact("at risk", f"{exact} a year", width),
        *fact(
            "first seen", f"{age(row.first_seen, frame.now)} ago, {stamp(row.first_seen)}", width
        ),
        *fact("last seen", f"{age(row.last_seen, frame.now)} ago", width),
        *fact("due", "" if row.state is State.FIXED else until(row.due_at, frame.now), width),
        *fact("waived", until(row.waived_until, frame.now), width),
        *fact("id", short(row.id), width),
    ]


def finding_full(
    detail: FindingDetail,
    frame: Frame,
    width: int,
    controls: Mapping[str, ControlView] = MappingProxyType({}),
) -> list[Content]:
    """Return all that is known; `controls` say what those are called that fail, and ask for."""
    row, known, now = detail.row, detail.known, frame.now
    out = finding_brief(row, frame, width)
    out += fact("priority", priority(row, detail.epss, now, frame.glyphs), width)
    out += fact("money", counted_with(detail), width)
    out += fact("exploited", kev_words(is_kev=row.is_kev, known=known, now=now), width)
    out += fact("EPSS", epss_words(detail.epss, known, now).removeprefix("EPSS "), width)
    out += fact("owners", ", ".join(known.owners) if len(known.owners) > 1 else "", width)
    scores = [f"CVSS {detail.cvss}" if detail.cvss is not None else ""]
    told = (
        f"from {detail.severity_raw}" if detail.severity_raw else "",
        f"by {detail.severity_source}" if detail.severity_source else "",
    )
    scores.append(", ".join(part for part in told if part))
    out += fact("severity", "  ".join(part for part in scores if part), width)
    out += fact("weakness", " ".join(f"CWE-{number}" for number in detail.cwes), width)
    out += fact("also known", " ".join(detail.vulnerability_ids), width)
    out += fact("fixed in", detail.fixed_version, width)
    out += fact("monitor", f"{detail.metric} {detail.segment}".strip(), width)
    out += fact("resource", detail.resource, width)
    out += fact("fixed", stamp(detail.fixed_at), width)
    out += fact("was due", deadline(detail, now) if detail.fixed_at else "", width)
    for one in detail.past_deadlines:
        out += fact("was due", past_deadline(one), width)
    out += fact(
        "came back", plural(detail.reopened_count, "time") if detail.reopened_count else "", width
    )
    for what, address in links_of(detail):
        out += fact("help" if address == detail.help_url.strip() else what, address, width)
    words = detail.description.strip()
    out += section("What it is", paragraph(words, width) if words else [])
    out += section("Where", _places(detail.locations, width, frame))
    failing = [line for id_ in detail.controls for line in _failing(id_, controls.get(id_), width)]
    out += section("Controls that fail about it, its rule or its asset", failing)
    out += section("Waivers", [_waiver(waiver, frame, width) for waiver in detail.waivers])
    out += section("Seen by other tools", [_other(row, frame, width) for row in detail.correlated])
    out += section("History", [_event(event, width) for event in detail.history])
    return out


def fact(label: str, text: str, width: int, indent: int = LABEL) -> list[Content]:
    """Return a labelled fact, wrapped; nothing when there is no text."""
    if not text.strip():
        return []
    wrapped = _wrap(text, max(10, width - indent)) or [""]
    first = styled([(f"{label:<{indent}}", "muted"), wrapped[0]])
    rows = [first, *(Content(" " * indent + line) for line in wrapped[1:])]
    return linked(rows, text, indent)


def paragraph(text: str, width: int, token: str = "") -> list[Content]:
    """Return text wrapped to `width`."""
    return linked([styled([(line, token)]) for line in _wrap(text, max(10, width))], text)


def hanging(head: Sequence[Part], text: str, width: int) -> list[Content]:
    """Return text wrapped to `width` behind a head of its first line, which leaves it a third."""
    first = styled(head)
    if first.cell_length > (most := max(2, width * 2 // 3)):
        first = Content.assemble(first.truncate(most - 1), " ")
    rows = paragraph(text, width - first.cell_length) or [Content("")]
    under = " " * first.cell_length
    return [Content.assemble(first, rows[0]), *(Content.assemble(under, row) for row in rows[1:])]


def section(title: str, rows: list[Content]) -> list[Content]:
    """Return rows under a title; nothing without rows."""
    return [Content(""), styled([(title, "title")]), *rows] if rows else []


def _wrap(text: str, width: int) -> list[str]:
    cut = steady(clean_text(text)[:_LONGEST])
    return [line for part in cut.split("\n") for line in (_lines_of(part, width) or [""])]


def _lines_of(part: str, width: int) -> list[str]:
    """Break a line at its blanks, and a word in it that is longer than `width` cells."""
    if cell_len(part) == len(part):
        return textwrap.wrap(part, width, drop_whitespace=True)
    out: list[str] = []
    for word in part.split():
        beside = f"{out[-1]} {word}" if out else word
        if out and cell_len(beside) <= width:
            out[-1] = beside
        else:
            out += chop_cells(word, width)
    return out


def _capped(text: str, frame: Frame) -> str:
    """Return text that does not fill a screen by itself; that it was cut, and where, is seen."""
    if len(text) <= _LONGEST_PLACE:
        return text
    half = _LONGEST_PLACE // 2
    dots = f" {frame.glyphs.ellipsis}{count(len(text))} characters{frame.glyphs.ellipsis} "
    return f"{text[:half]}{dots}{text[-half:]}"


def _places(places: tuple[Location, ...], width: int, frame: Frame) -> list[Content]:
    out: list[Content] = []
    for place in places:
        where = place.path if place.line is None else f"{place.path}:{place.line}"
        if not where:
            continue
        out += [Content(f"  {line}") for line in _wrap(_capped(where, frame), width - 2)]
        for offset, line in enumerate(clean_text(place.snippet)[:_LONGEST].splitlines()):
            number = "" if place.line is None else str(place.line + offset)
            room = max(1, width - 9)
            text = line.replace("\t", "    ")
            if len(text) > room:
                text = text[: room - 1] + frame.glyphs.ellipsis
            out.append(styled([(f"  {number:>5}  ", "muted"), text]))
    return out


def _failing(id_: str, control: ControlView | None, width: int) -> list[Content]:
    """Return a control in words, and which requirements it is evidence for."""
    out = [styled([f"  {id_}"])]
    if control is None:
        return out
    named = (f"{name} {', '.join(wanted)}" for name, wanted in control.frameworks.items() if wanted)
    for text in (control.title, "; ".join(named)):
        said = paragraph(text, width - 4, "muted") if text else []
        out += [Content.assemble("    ", line) for line in said]
    return out


def _waiver(waiver: WaiverView, frame: Frame, width: int) -> Content:
    who = f"{waiver.requester}" + (f", signed by {waiver.approver}" if waiver.approver else "")
    text = (
        f"  {short(waiver.id)}  {waiver.state}  {waiver.reason.replace('_', ' ')}  "
        f"{until(waiver.expires_at, frame.now)}  {who}: {waiver.justification}"
    )
    return Content(clean_text(text)[: width * 3].replace("\n", " "))


def _other(row: FindingRow, frame: Frame, width: int) -> Content:
    del frame
    text = f"  {row.tool}  {row.rule}  {row.title}"
    return Content(clean_text(text)[:width].replace("\n", " "))


def _event(event: FindingEventView, width: int) -> Content:
    head = f"  {stamp(event.at)}  {event.kind:<16}"
    detail = clean_text(event.detail)[: max(0, width - len(head))].replace("\n", " ")
    return styled([(head, "muted"), detail])
