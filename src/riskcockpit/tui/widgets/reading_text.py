"""Readings of a model as plots: against their threshold, with what was deployed and decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.columns import Frame, metric_text
from riskcockpit.present.plot import axis, marked, over_time, plot, recent
from riskcockpit.present.text import age, state_mark
from riskcockpit.tui.widgets.plain import Part, styled
from riskcockpit.views.models import MetricView, TimelineEvent

_LETTERS = "abcdefgh"
_NOT_MARKED = ("version", "finding")
"""Kinds of events that are neither a deployment nor a decision."""
_HEIGHT = 5
_BRIEF_HEIGHT = 3


@dataclass(frozen=True, slots=True)
class Annotation:
    """A deployment or a decision, with the letter that stands for it under the plots."""

    letter: str
    event: TimelineEvent


def noted_events(
    timeline: Sequence[TimelineEvent], metrics: Sequence[MetricView]
) -> tuple[Annotation, ...]:
    """Return the newest deployments and decisions within the plotted time, oldest first."""
    starts = [recent(metric.trend)[0][0] for metric in metrics if metric.trend]
    if not starts:
        return ()
    since = min(starts)
    known = [event for event in timeline if event.kind not in _NOT_MARKED and event.at >= since]
    newest = sorted(known, key=lambda event: event.at)[-len(_LETTERS) :]
    return tuple(map(Annotation, _LETTERS, newest))


def legend(noted: Sequence[Annotation], frame: Frame, width: int) -> list[Content]:
    """Return what each letter under the plots stands for."""
    return [
        styled(
            [
                (f"  {each.letter}", "key"),
                (f"  {age(each.event.at, frame.now):>7} ago  ", "muted"),
                _cut(each.event.text, width - 18, frame),
            ]
        )
        for each in noted
    ]


def readings(
    metrics: Sequence[MetricView], noted: Sequence[Annotation], frame: Frame, width: int
) -> list[Content]:
    """Return every metric with its plot, its letters and its axis."""
    out: list[Content] = []
    for metric in metrics:
        out += [_head(metric, frame, width), *_drawn(metric, frame, width, _HEIGHT)]
        if len(metric.trend) > 1:
            out += [*_letters(metric, noted, width), _axis(metric, frame, width)]
        out.append(Content(""))
    return out[:-1]


def brief_readings(metrics: Sequence[MetricView], frame: Frame, width: int) -> list[Content]:
    """Return every metric with a low plot, the alarms first."""
    order = sorted(metrics, key=lambda metric: metric.state is not KpiState.ALARM)
    out: list[Content] = []
    for metric in order:
        out += [_head(metric, frame, width), *_drawn(metric, frame, width, _BRIEF_HEIGHT)]
    return out


def _head(metric: MetricView, frame: Frame, width: int) -> Content:
    mark = state_mark(metric.state, frame.glyphs)
    when = f"  {age(metric.as_of, frame.now)} ago"
    if metric.state is KpiState.NO_DATA:
        when = f"  of v{metric.version}, {when.strip()}"
    room = max(12, width - 12 - len(when))
    parts: list[Part] = [
        (f"  {mark!s:<10}", mark.token),
        (
            metric_text(metric, frame.glyphs, room),
            "strong" if metric.state is KpiState.ALARM else "",
        ),
        (when, "muted"),
    ]
    return styled(parts)


def _drawn(metric: MetricView, frame: Frame, width: int, height: int) -> list[Content]:
    if len(metric.trend) < 2:  # noqa: PLR2004 - one point is no line
        return []
    rows = plot(
        over_time(metric.trend, width, metric.direction).values,
        width,
        height,
        threshold=metric.threshold,
        direction=metric.direction,
        glyphs=frame.glyphs,
    )
    return [styled([(run.text, run.token) for run in row]) for row in rows]


def _letters(metric: MetricView, noted: Sequence[Annotation], width: int) -> list[Content]:
    drawn = over_time(metric.trend, width, metric.direction)
    placed = [
        (drawn.cell(each.event.at), each.letter) for each in noted if each.event.at >= drawn.first
    ]
    if not placed:
        return []
    return [styled([(run.text, run.token) for run in marked(placed, width)])]


def _axis(metric: MetricView, frame: Frame, width: int) -> Content:
    drawn = over_time(metric.trend, width, metric.direction)
    first, last = (f"{age(at, frame.now)} ago" for at in (drawn.first, drawn.last))
    room = max(len(drawn.values), len(last))
    runs = axis(first, last, min(room + 8, width))
    return styled([(run.text, run.token) for run in runs])


def _cut(text: str, room: int, frame: Frame) -> str:
    line = clean_line(text)
    return line if len(line) <= room else line[: max(0, room - 1)] + frame.glyphs.ellipsis
