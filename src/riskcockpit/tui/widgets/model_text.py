"""A model in words and plots: readings against thresholds, versions with lineage, timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest

from textual.content import Content

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import age, figure, money, stamp, state_mark
from riskcockpit.tui.widgets.finding_text import fact, paragraph, section
from riskcockpit.tui.widgets.plain import Part, styled
from riskcockpit.tui.widgets.reading_text import (
    Annotation,
    brief_readings,
    legend,
    noted_events,
    readings,
)
from riskcockpit.views.models import MetricView, ModelDetail, ModelRow, VersionView

_INDENT = " " * 8
_MOST = 6
_KIND = 18
"""Cells of the longest kind of event."""
_LEAST_TEXT = 24


def model_brief(row: ModelRow, frame: Frame, width: int) -> list[Content]:
    """Return a model's readings, each with its plot."""
    mark = state_mark(row.state, frame.glyphs)
    head = styled([(str(mark), mark.token), "  ", (clean_line(row.name)[:width], "strong")])
    reason = paragraph(row.reason, width, "muted") if row.reason else []
    return [head, *reason, Content(""), *brief_readings(_all(row)[:_MOST], frame, width)]


def model_full(detail: ModelDetail, frame: Frame, width: int) -> list[Content]:
    """Return all that is known of a model."""
    row = detail.row
    mark = state_mark(row.state, frame.glyphs)
    out = [styled([(str(mark), mark.token), "  ", (row.name[:width], "strong")])]
    out += paragraph(row.reason, width, "warn") if row.reason else []
    out += paragraph(detail.purpose, width, "muted") if detail.purpose else []
    out.append(Content(""))
    serving = (
        "nothing serves production"
        if row.champion is None
        else (
            f"v{row.champion}, for {age(row.champion_since, frame.now, missing='an unknown time')}"
        )
    )
    out += fact("champion", serving, width)
    back = (
        f"v{row.rollback_target}"
        if row.rollback_target is not None
        else "no older version is ready and approved"
    )
    out += fact("back to", back, width)
    out += fact("owner", f"{row.owner}  tier {row.tier}  {row.domain}", width)
    out += fact("at risk", f"{money(row.exposure, exact=True, glyphs=frame.glyphs)} a year", width)
    noted = noted_events(detail.timeline, _all(row))
    out += section(
        "Readings against thresholds",
        [*readings(_all(row), noted, frame, width), *_under_plots(noted, frame, width)],
    )
    out += section("Versions", _versions(detail, frame, width))
    out += section(
        "Timeline",
        [line for each in detail.timeline for line in _event(each.at, each.kind, each.text, width)],
    )
    return out


def _all(row: ModelRow) -> tuple[MetricView, ...]:
    """Return the readings of what serves, and those before it that nothing has followed yet."""
    return (*row.metrics, *row.former)


def _under_plots(noted: Sequence[Annotation], frame: Frame, width: int) -> list[Content]:
    if not noted:
        return []
    head = styled([("  deployments and decisions", "muted")])
    return [Content(""), head, *legend(noted, frame, width)]


def _versions(detail: ModelDetail, frame: Frame, width: int) -> list[Content]:
    """Return the versions, the newest first, each with what it changed against the one before."""
    pairs = zip_longest(detail.versions, detail.versions[1:])
    target = detail.row.rollback_target
    return [
        line
        for version, before in pairs
        for line in (
            _version_head(version, frame, is_target=version.version == target),
            *_lineage(version, before, frame, width),
        )
    ]


def _version_head(version: VersionView, frame: Frame, *, is_target: bool) -> Content:
    approved = f"approved by {version.validated_by}" if version.validated_by else "approved"
    words = [
        version.status,
        " ".join(f"@{alias}" for alias in version.aliases),
        approved if version.is_approved else "not approved",
        "rolled back" if version.is_rolled_back else "",
        f"made {age(version.created_at, frame.now)} ago",
    ]
    token = "ok" if version.is_approved else "warn"
    back: list[Part] = [("  a rollback leads here", "key")] if is_target else []
    return styled(
        [(f"  v{version.version:<5}", token), "  ".join(word for word in words if word), *back]
    )


def _lineage(
    version: VersionView, before: VersionView | None, frame: Frame, width: int
) -> list[Content]:
    data = "  ".join(f"{name} {digest[:18]}" for name, digest in version.datasets)
    numbers = {name: figure(value) for name, value in version.metrics.items()}
    changed = "" if before is None else _changes(version, before, frame)
    known = [
        ("run", f"{version.run_id[:12]} {version.run_user}".strip()),
        ("data", data or "no data set is recorded"),
        ("params", _pairs(version.params)),
        ("metrics", _pairs(numbers)),
        ("explained", version.explanation or "no explainability artefact"),
        ("changed", changed),
    ]
    room = width - len(_INDENT)
    return [
        Content.assemble(_INDENT, line) for label, text in known for line in fact(label, text, room)
    ]


def _changes(version: VersionView, before: VersionView, frame: Frame) -> str:
    """Return which data sets and parameters differ from the version before."""
    ours, theirs = dict(version.datasets), dict(before.datasets)
    data = [f"data {name}" for name, digest in ours.items() if theirs.get(name) != digest]
    known = sorted({*version.params, *before.params})
    arrow, dash = frame.glyphs.arrow, frame.glyphs.dash
    params = [
        f"{name} {before.params.get(name, dash)} {arrow} {version.params.get(name, dash)}"
        for name in known
        if version.params.get(name) != before.params.get(name)
    ]
    return "; ".join([*data, *params])


def _pairs(values: Mapping[str, str]) -> str:
    return "  ".join(f"{name}={value}" for name, value in sorted(values.items()))


def _event(at: datetime, kind: str, text: str, width: int) -> list[Content]:
    """Return what happened, in as many lines as it takes."""
    head = f"  {stamp(at)}  {clean_line(kind):<{_KIND}}  "
    room = width - len(head)
    if room < _LEAST_TEXT:  # under its head, where beside it there is no room
        return [styled([(head, "muted")]), *fact("", text, width, len(_INDENT))]
    first, *more = paragraph(text, room) or [Content("")]
    lines = [Content.assemble(styled([(head, "muted")]), first)]
    return [*lines, *(Content.assemble(" " * len(head), line) for line in more)]
