"""A requirement, its evidence, and a control in words."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from riskcockpit.domain.control import ControlRow
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.present.columns import Frame
from riskcockpit.present.evidence import evidence_mark, requirement_mark, verdict_mark
from riskcockpit.present.text import age, duration, plural, stamp
from riskcockpit.tui.evidence_lines import EvidenceLine
from riskcockpit.tui.widgets.finding_text import fact, paragraph, section
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.views.compliance import (
    EvidenceState,
    EvidenceView,
    FrameworkView,
    RequirementView,
)
from riskcockpit.views.governance import ControlDetail

_MOST_ROWS = 200
_ORDER = ("alarm", "error", "skip", "info", "ok")
_CERTAIN = {
    "checked": "read in the text of the framework",
    "secondary": "from a summary, not from the text itself",
    "unchecked": "nobody has checked it against the text",
}


def evidence_brief(line: EvidenceLine, frame: Frame, width: int) -> list[Content]:
    """Return what a line of the tree is about, in full."""
    match line.about:
        case FrameworkView() as view:
            return _framework(view, width)
        case RequirementView() as view:
            return _requirement(view, frame, width)
        case EvidenceView() as view:
            return _control(view, frame, width)
        case _:
            return paragraph(line.name, width, "strong")


def _framework(view: FrameworkView, width: int) -> list[Content]:
    counts = [
        f"{view.counts[state]} {evidence_mark(state).word}"
        for state in EvidenceState
        if view.counts[state]
    ]
    return [
        *paragraph(view.title, width, "strong"),
        Content(""),
        *fact("evidence", ", ".join(counts), width),
        *fact("failing", plural(view.failing, "requirement") if view.failing else "none", width),
        *fact("numbers", _CERTAIN.get(view.certainty, view.certainty), width),
        *fact("note", view.note, width),
        *fact("text", view.link, width),
    ]


def _requirement(view: RequirementView, frame: Frame, width: int) -> list[Content]:
    mark = requirement_mark(view, frame.glyphs)
    out = [
        *paragraph(f"{view.id}  {view.title}", width, "strong"),
        styled([(str(mark), mark.token)]),
        Content(""),
        *fact("part", view.part, width),
        *fact("shown by", _shown_by(view), width),
        *fact("number", _CERTAIN.get(view.certainty, view.certainty), width),
        *fact("text", view.link, width),
    ]
    rows = []
    for control in view.controls:
        verdict = verdict_mark(control.verdict, frame.glyphs)
        rows.append(styled([(f"  {verdict!s:<11}", verdict.token), f" {control.id}"]))
    return out + section("Controls that speak of it", rows)


def _shown_by(view: RequirementView) -> str:
    words = {
        "automated": "controls, which judge it after every sync",
        "manual": "people: no control can speak of it",
        "not_covered": "nothing here speaks of it",
    }
    return words.get(view.assessment, view.assessment)


def _control(view: EvidenceView, frame: Frame, width: int) -> list[Content]:
    mark = verdict_mark(view.verdict, frame.glyphs)
    judged = f"{age(view.at, frame.now)} ago, {stamp(view.at)}" if view.at else "never"
    return [
        *paragraph(view.title, width, "strong"),
        styled([(str(mark), mark.token)]),
        Content(""),
        *fact("control", view.id, width),
        *fact("says", view.message, width),
        *fact("failing", plural(view.failed, "row") if view.failed else "", width),
        *fact("judged", judged, width),
        Content(""),
        styled([("enter", "key"), (" its SQL, its inputs, the rows behind it", "muted")]),
    ]


def control_full(detail: ControlDetail, frame: Frame, width: int) -> list[Content]:
    """Return all that is known of a control: reasons, inputs, rows behind the verdict, SQL."""
    view = detail.summary
    mark = verdict_mark(view.verdict, frame.glyphs)
    judged = f"{age(view.at, frame.now)} ago, {stamp(view.at)}" if view.at else "never"
    trust = "" if detail.is_trusted else "  not signed: it runs in a process of its own"
    out = [
        *paragraph(view.title, width, "strong"),
        styled([(str(mark), mark.token), (f"  {view.message}" if view.message else "", "")]),
        Content(""),
        *fact("control", view.id, width),
        *fact("judged", judged, width),
        *fact("rows", f"{plural(view.failed, 'row')} failing, {view.passed} passing", width),
        *fact("severity", f"{view.severity}  pillar {view.pillar.replace('_', ' ')}", width),
        *fact("pack", f"{detail.pack}{trust}", width),
        Content(""),
        *fact("why", detail.rationale, width),
        *fact("mend", detail.remediation, width),
    ]
    asked = [
        line
        for name, refs in view.frameworks.items()
        for line in fact(name, ", ".join(refs), width, 16)
    ]
    out += section("Evidence for", asked)
    out += section("Reads", list(_inputs(detail, width)))
    out += section("Parameters", list(_params(detail, width)))
    out += section("Rows behind the verdict", _rows(detail.rows, width))
    out += section("SQL", _sql(detail.sql, width, frame))
    return out


def _inputs(detail: ControlDetail, width: int) -> Iterator[Content]:
    for name, limit in detail.inputs.items():
        words = "of any age" if limit is None else f"{duration(limit.total_seconds())} old at most"
        yield from fact(name, words, width, 24)


def _params(detail: ControlDetail, width: int) -> Iterator[Content]:
    for name, value in detail.params.items():
        why = detail.why_set.get(name)
        yield from fact(f"${name}", f"{value}" + (f"  set here: {why}" if why else ""), width, 24)


def _rows(rows: tuple[ControlRow, ...], width: int) -> list[Content]:
    tokens = {"ok": "ok", "alarm": "alarm", "error": "alarm", "skip": "muted"}
    ordered = sorted(rows, key=lambda row: (row.is_waived, _ORDER.index(row.status.value)))
    out = []
    for row in ordered[:_MOST_ROWS]:
        word = f"{row.status.value}, waived" if row.is_waived else row.status.value
        text = clean_text(f"{row.resource}  {row.reason}").replace("\n", " ")
        head, token = f"  {word:<14}", tokens.get(row.status.value, "")
        shown = text[: max(1, width - len(head))]
        out.append(styled([(head, "muted" if row.is_waived else token), shown]))
    if len(ordered) > _MOST_ROWS:
        more = len(ordered) - _MOST_ROWS
        out.append(styled([(f"  and {plural(more, 'more', 'more')}", "muted")]))
    return out


def _sql(text: str, width: int, frame: Frame) -> list[Content]:
    out = []
    for number, line in enumerate(clean_text(text).rstrip().split("\n"), 1):
        room = max(1, width - 6)
        shown = line if len(line) <= room else line[: room - 1] + frame.glyphs.ellipsis
        out.append(styled([(f"  {number:>3} ", "muted"), shown]))
    return out
