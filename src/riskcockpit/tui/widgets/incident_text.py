"""An incident in words: clocks, runbook, timeline from alert to verified containment."""

from __future__ import annotations

from textual.content import Content

from riskcockpit.domain.ids import short
from riskcockpit.domain.incident import Incident, IncidentEvent
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.columns import Frame
from riskcockpit.present.incidents import acknowledge_clock, contain_clock, incident_mark
from riskcockpit.present.text import age, duration, plural, severity_token, stamp, until
from riskcockpit.tui.widgets.finding_text import fact, hanging, paragraph, section
from riskcockpit.tui.widgets.plain import styled
from riskcockpit.views.incidents import IncidentView, StepView

_LABEL = 16


def incident_text(view: IncidentView, frame: Frame, width: int) -> list[Content]:
    """Return all that is known of an incident."""
    each, now = view.incident, frame.now
    mark = incident_mark(each.state, frame.glyphs)
    head = styled(
        [
            (str(mark), mark.token),
            "  ",
            (each.severity.word, severity_token(each.severity)),
            f"  {each.owner or 'nobody'} has it",
        ]
    )
    out = [*paragraph(each.title, width, "strong"), head, Content("")]
    facts = (
        ("about", each.subject),
        ("alarms", plural(len(each.alerts), "finding")),
        ("detected", f"{age(each.detected_at, now)} ago, {stamp(each.detected_at)}"),
        ("escalated", stamp(each.escalated_at)),
        ("id", short(each.id)),
    )
    for label, text in facts:
        out += fact(label, text, width, _LABEL)
    out += section("Clocks", _clocks(each, frame))
    title = f"Runbook {view.runbook}" if view.runbook else "Runbook"
    steps = [line for step in view.steps for line in _step(step, frame, width)]
    out += section(title, steps or [_NO_BOOK])
    events = [line for event in each.timeline for line in _event(event, each, width)]
    out += section("Timeline", events)
    return out


_NO_BOOK = styled([("  none is for incidents of this kind", "muted")])


def _clocks(each: Incident, frame: Frame) -> list[Content]:
    now = frame.now
    resolved = (
        f"after {duration((each.resolved_at - each.detected_at).total_seconds())}"
        if each.resolved_at is not None
        else "not yet"
    )
    review = "done" if each.reviewed_at is not None else until(each.review_due_at, now)
    is_late = each.is_review_overdue(now)
    rows = (
        ("acknowledged", *acknowledge_clock(each, now)),
        ("contained", *contain_clock(each, now)),
        ("resolved", resolved, "ok" if each.resolved_at is not None else "muted"),
        ("review", review or "none is due", "alarm" if is_late else "muted"),
    )
    return [
        styled([(f"  {label:<{_LABEL - 2}}", "muted"), (text, token)])
        for label, text, token in rows
    ]


def _step(step: StepView, frame: Frame, width: int) -> list[Content]:
    sign, token = (frame.glyphs.ok, "ok") if step.is_done else (frame.glyphs.no_data, "no_data")
    word = "done" if step.is_done else "left"
    head = [(f"  {sign} {word}  ", token), (f"{step.deed or 'by hand':<10} ", "key")]
    return hanging(head, clean_line(step.title), width)


def _event(event: IncidentEvent, each: Incident, width: int) -> list[Content]:
    after = duration((event.at - each.detected_at).total_seconds())
    head = f"  +{after:<8} {clean_line(event.kind):<13} {clean_line(event.actor):<16} "
    return hanging([(head, "muted")], clean_line(event.detail), width)
