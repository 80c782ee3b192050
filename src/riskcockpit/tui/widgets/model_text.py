"""A model in words and plots: readings against thresholds, versions with lineage, timeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from textual.content import Content

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.columns import Frame, metric_text
from riskcockpit.present.plot import plot
from riskcockpit.present.text import age, figure, money, sparkline, stamp, state_mark
from riskcockpit.tui.widgets.finding_text import fact, paragraph, section
from riskcockpit.tui.widgets.plain import Part, styled
from riskcockpit.views.models import MetricView, ModelDetail, ModelRow, VersionView

_PLOT_HEIGHT = 5
_MOST = 6


def model_brief(row: ModelRow, frame: Frame, width: int) -> list[Content]:
    """Return a model's readings, one line each with its trend."""
    mark = state_mark(row.state, frame.glyphs)
    head = styled([(str(mark), mark.token), "  ", (clean_line(row.name)[:width], "strong")])
    out = [head, *(paragraph(row.reason, width, "muted") if row.reason else [])]
    return [
        *out,
        Content(""),
        *(line for metric in row.metrics[:_MOST] for line in _brief(metric, frame, width)),
    ]


def _brief(metric: MetricView, frame: Frame, width: int) -> list[Content]:
    mark = state_mark(metric.state, frame.glyphs)
    text = metric_text(metric, frame.glyphs, width - 2)
    bars = sparkline([value for _, value in metric.trend], max(8, width - 12), frame.glyphs)
    return [
        styled([(mark.symbol, mark.token), f" {text}"]),
        styled([("  ", ""), (bars, "trend"), (f"  {age(metric.as_of, frame.now)}", "muted")]),
    ]


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
    out += section(
        "Readings", [line for metric in row.metrics for line in _plot(metric, frame, width)]
    )
    out += section(
        "Versions",
        [line for version in detail.versions for line in _version(version, frame, width)],
    )
    out += section(
        "Timeline", [_event(event.at, event.kind, event.text, width) for event in detail.timeline]
    )
    return out


def _plot(metric: MetricView, frame: Frame, width: int) -> list[Content]:
    mark = state_mark(metric.state, frame.glyphs)
    since = age(metric.trend[0][0], frame.now) if metric.trend else ""
    head: list[Part] = [
        (f"  {mark!s:<10}", mark.token),
        (metric_text(metric, frame.glyphs), "strong" if metric.state is KpiState.ALARM else ""),
        (f"  {age(metric.as_of, frame.now)} ago" + (f", last {since}" if since else ""), "muted"),
    ]
    values = [value for _, value in metric.trend]
    rows = plot(
        values,
        width,
        _PLOT_HEIGHT,
        threshold=metric.threshold,
        direction=metric.direction,
        glyphs=frame.glyphs,
    )
    drawn = [styled([(run.text, run.token) for run in row]) for row in rows if len(values) > 1]
    return [styled(head), *drawn, Content("")]


def _version(version: VersionView, frame: Frame, width: int) -> list[Content]:
    approved = f"approved by {version.validated_by}" if version.validated_by else "approved"
    words = [
        version.status,
        " ".join(f"@{alias}" for alias in version.aliases),
        approved if version.is_approved else "not approved",
        "rolled back" if version.is_rolled_back else "",
        f"made {age(version.created_at, frame.now)} ago",
    ]
    token = "ok" if version.is_approved else "warn"
    first = styled([(f"  v{version.version:<5}", token), "  ".join(word for word in words if word)])
    data = "  ".join(f"{name} {digest[:18]}" for name, digest in version.datasets)
    numbers = {name: figure(value) for name, value in version.metrics.items()}
    lineage = [
        ("run", f"{version.run_id[:12]} {version.run_user}".strip()),
        ("data", data),
        ("params", _pairs(version.params)),
        ("metrics", _pairs(numbers)),
        ("explained", version.explanation or "no explainability artefact"),
    ]
    return [first, *(_under(label, text, width) for label, text in lineage if text)]


def _pairs(values: Mapping[str, str]) -> str:
    return "  ".join(f"{name}={value}" for name, value in sorted(values.items()))


def _under(label: str, text: str, width: int) -> Content:
    return styled([(f"        {label:<10}", "muted"), clean_line(text)[: max(1, width - 18)]])


def _event(at: datetime, kind: str, text: str, width: int) -> Content:
    head = f"  {stamp(at)}  {clean_line(kind):<12} "
    return styled([(head, "muted"), clean_line(text)[: max(1, width - len(head))]])
