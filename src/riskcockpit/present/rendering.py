"""The governance report as files: one self-contained page, and Markdown.

The page needs nothing but itself: no script, no font, no address is loaded, and a content security
policy says so. Whatever comes from outside is escaped. The same view gives the same
bytes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.untrusted import as_markdown, clean_line
from riskcockpit.present import svg
from riskcockpit.present.text import (
    count,
    duration,
    limit,
    measure,
    money,
    plural,
    signed_money,
    stamp,
    state_mark,
)
from riskcockpit.views.posture import KpiView
from riskcockpit.views.report import Incident, ReportView


def html(view: ReportView) -> bytes:
    """Return the report as one HTML page."""
    style = _environment(is_html=True).get_template("report.css").render().strip()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return _render("report.html", view, style=style, style_digest=digest)


def markdown(view: ReportView) -> bytes:
    """Return the report as Markdown."""
    return _render("report.md", view)


def _render(name: str, view: ReportView, **more: Any) -> bytes:
    environment = _environment(is_html=name.endswith(".html"))
    totals = [sum(getattr(row, key) for row in view.bridge) for key in _COUNTS]
    text = environment.get_template(name).render(
        r=view, totals=dict(zip(_COUNTS, totals, strict=True)), chart=_chart(view), **more
    )
    return (text.strip() + "\n").encode()


_COUNTS = ("opening", "new", "fixed", "closing", "waived")


@cache
def _environment(*, is_html: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("riskcockpit.present"),
        autoescape=is_html,  # noqa: S701 - Markdown is escaped by its own filter, `text`
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_line,
    )
    words: dict[str, Callable[..., Any]] = {
        "money": money,
        "signed": signed_money,
        "stamp": stamp,
        "plural": plural,
        "count": count,
        "pillar": lambda name: Pillar(name).value.replace("_", " ").capitalize(),
        "value": lambda kpi: measure(kpi.value, kpi.unit),
        "target": lambda kpi: limit(kpi.target, kpi.unit, kpi.direction),
        "state": lambda state: state_mark(state).word,
        "spark": _spark,
        "took": _took,
        "sentence": lambda text: f"{text[:1].upper()}{text[1:].rstrip('.')}.",
        "text": as_markdown if not is_html else clean_line,
        "instant": rfc3339,
    }
    environment.filters |= words
    return environment


def _line(value: Any) -> Any:
    """Return foreign text as one harmless line; markup that we made stays."""
    return clean_line(value) if type(value) is str else value


def _spark(kpi: KpiView) -> Any:
    return svg.spark(kpi.trend, f"trend of {kpi.title} over {len(kpi.trend)} days")


def _took(incident: Incident, end: str) -> str:
    """Return how long it took from detection to `end`, or that it has not happened."""
    moment = getattr(incident, f"{end}_at")
    if moment is None:
        return "not yet"
    return duration((moment - incident.detected_at).total_seconds())


def _chart(view: ReportView) -> Any:
    """Return the money at risk over the period; nothing with less than two days."""
    if len(view.history) < 2:  # noqa: PLR2004 - one day is no line
        return ""
    last = money(view.exposure.mean)
    return svg.line(
        svg.Line(
            points=tuple((one.day, float(one.expected)) for one in view.history),
            level=float(view.exposure.appetite.amount),
            level_label=f"appetite {money(view.exposure.appetite)}",
            alternative=f"money at risk by day, {last} at the end",
        )
    )
