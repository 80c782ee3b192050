"""A waiver in words: how it stands and why, its record, scope, controls and history."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from riskcockpit.domain.ids import short
from riskcockpit.domain.severity import Severity
from riskcockpit.present.columns import Frame
from riskcockpit.present.evidence import verdict_mark
from riskcockpit.present.text import (
    duration,
    money,
    severity_token,
    stamp,
    until,
)
from riskcockpit.present.waivers import end_of_waiver, scope_fact, standing_mark
from riskcockpit.tui.widgets.finding_text import fact, paragraph, section
from riskcockpit.tui.widgets.plain import Part, fitted, styled
from riskcockpit.views.waivers import (
    CoveredFinding,
    WaiverDetail,
    WaiverEvent,
    WaiverRow,
    WaiverStanding,
)

_LABEL = 19
_HOLDS = "ok"
_ASSET = 18
_TOLD = ("kind", "owner of the risk", "review on", "renews")
"""Facts of the record that are told before it."""


def waiver_brief(row: WaiverRow, frame: Frame, width: int) -> list[Content]:
    """Return what can be said without another question."""
    known = _facts(row, frame)
    facts = [line for label, text in known for line in fact(label, text, width, _LABEL)]
    why = [Content(""), *paragraph(row.why, width, "warn")] if row.why else []
    return [_head(row, frame), *why, Content(""), *facts]


def _head(row: WaiverRow, frame: Frame) -> Content:
    mark = standing_mark(row.standing, frame.glyphs)
    severity = Severity.from_word(row.severity)
    parts: list[Part] = [(str(mark), mark.token), f"  {row.kind.replace('_', ' ')}"]
    if severity is not None:
        parts += ["  up to ", (row.severity, severity_token(severity))]
    if row.is_ending:
        parts.append(("  ends soon", "warn"))
    return styled(parts)


def waiver_full(detail: WaiverDetail, frame: Frame, width: int) -> list[Content]:
    """Return all that is known of a waiver."""
    row = detail.row
    why = "" if detail.triggers else row.why
    out = [_head(row, frame), *(paragraph(why, width, "warn") if why else []), Content("")]
    known = _facts(row, frame)
    out += [line for label, text in known for line in fact(label, text, width, _LABEL)]
    record = [(label, text) for label, text in detail.facts if label not in _TOLD]
    out += section(
        "Record", [line for label, text in record for line in fact(label, text, width, _LABEL)]
    )
    out += section(
        "Somebody has to look at it again",
        [
            line
            for text in detail.triggers
            for line in paragraph(f"{frame.glyphs.warn} {text}", width, "warn")
        ],
    )
    controls = (_control(name, word, frame) for name, word in detail.controls.items())
    out += section("Compensated by", [*controls, *_suspension(detail)])
    out += section("Scope, frozen when it was signed", [*_scope(detail, frame, width)])
    out += section("History", [_event(each, frame, width) for each in detail.history])
    return out


def _facts(row: WaiverRow, frame: Frame) -> list[tuple[str, str]]:
    is_request = row.standing is WaiverStanding.REQUESTED
    at_risk = f"{money(row.exposure, glyphs=frame.glyphs)} a year"
    alone = "nobody else yet" if row.decided_at is None else "nobody else, by its rule"
    ends = "at no time that can be read"
    if row.standing is WaiverStanding.ENDED:
        ends = f"{end_of_waiver(row, frame.now)[0]}, {stamp(row.ended_at)}".rstrip(", ")
    elif row.expires_at is not None:
        ends = f"{until(row.expires_at, frame.now)}, {stamp(row.expires_at)}"
    review = ""
    if row.review_at is not None:
        review = f"{until(row.review_at, frame.now)}, {stamp(row.review_at)}"
    return [
        ("because", row.justification),
        ("reason", row.reason.replace("_", " ")),
        ("asked by", f"{row.requester}, {stamp(row.requested_at)}"),
        ("signed by", ", ".join(row.approvers) or alone),
        ("in force since", stamp(row.decided_at)),
        ("ends", ends),
        ("review", review),
        scope_fact(row),
        ("at risk", at_risk if row.covered or is_request else ""),
        ("waived for", duration(row.waived.total_seconds()) if row.waived else ""),
        ("owner of the risk", row.risk_owner),
        ("query", row.query),
        ("rule", row.rule),
        ("renews", f"{short(row.renews)}, renewal {row.renewals}" if row.renews else ""),
        ("renewed by", short(row.renewed_by) if row.renewed_by else ""),
        ("id", short(row.id)),
    ]


def _control(name: str, verdict: str, frame: Frame) -> Content:
    mark = verdict_mark(verdict, frame.glyphs)
    says = "it holds" if verdict == _HOLDS else "it compensates nothing now"
    return styled([(f"  {mark!s:<16}", mark.token), f" {name}", (f"  {says}", "muted")])


def _suspension(detail: WaiverDetail) -> list[Content]:
    if detail.row.standing is not WaiverStanding.SUSPENDED:
        return []
    return [styled([("  suspended: its findings count again until it is renewed", "alarm")])]


def _scope(detail: WaiverDetail, frame: Frame, width: int) -> Iterator[Content]:
    for each in detail.findings:
        yield fitted(_finding(each, frame), width, frame.glyphs)


def _finding(each: CoveredFinding, frame: Frame) -> Content:
    severity = Severity.from_word(each.severity)
    sign, token = (frame.glyphs.ok, "ok") if each.is_covered else (frame.glyphs.no_data, "muted")
    word = "covered" if each.is_covered else "counts"
    return styled(
        [
            (f"  {sign} {word:<8}", token),
            (f"{each.severity:<9}", "" if severity is None else severity_token(severity)),
            (f"{short(each.id)}  ", "muted"),
            (f"{each.asset[:_ASSET]:<{_ASSET}}  ", "muted"),
            (f"{each.why_not}  " if each.why_not else "", "warn"),
            each.title or "?",
        ]
    )


def _event(each: WaiverEvent, frame: Frame, width: int) -> Content:
    line = styled([(f"  {stamp(each.at)}  {each.actor:<12} ", "muted"), each.text])
    return fitted(line, width, frame.glyphs)
