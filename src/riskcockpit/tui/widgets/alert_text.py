"""An alert in words: what it is, what becomes of it, and the messages that told it."""

from __future__ import annotations

from textual.content import Content

from riskcockpit.domain.severity import Severity
from riskcockpit.present.alerts import FATES
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import age, plural, severity_token, stamp
from riskcockpit.tui.widgets.finding_text import fact, paragraph, section
from riskcockpit.tui.widgets.plain import Part, styled
from riskcockpit.views.alerts import AlertDetail, AlertRow, DeliveryRow

_LABEL = 14
_TOKENS = {"done": "ok", "failed": "alarm", "unknown": "warn"}


def alert_brief(row: AlertRow, frame: Frame, width: int) -> list[Content]:
    """Return an alert as alerting sees it now."""
    severity = Severity.from_word(row.severity)
    head: list[Part] = [
        (row.severity, "" if severity is None else severity_token(severity)),
        f"  {row.kind.replace('_', ' ')}",
    ]
    out = [*paragraph(row.title, width, "strong"), styled(head), Content("")]
    since = f"{stamp(row.since)}, {age(row.since, frame.now)}"
    acked = f"by {row.acked_by}, {stamp(row.acked_at)}" if row.acked_at else ""
    told = f"{plural(row.times, 'time')}, last {age(row.told_at, frame.now)} ago"
    for label, text in (
        ("what", row.detail),
        ("about", row.subject),
        ("owner", row.owner or "nobody is named"),
        ("since", since),
        ("becomes", FATES.get(row.fate, row.fate)),
        ("told", told if row.times else "not yet"),
        ("to", row.recipient or "no route leads anywhere"),
        ("acknowledged", acked),
        ("ended", stamp(row.ended_at)),
        ("key", row.key),
        ("id", row.id),
    ):
        out += fact(label, text, width, _LABEL)
    held = [
        line
        for fate, cycles in row.held.items()
        for line in paragraph(f"{plural(cycles, 'time')}: {FATES.get(fate, fate)}", width)
    ]
    return [*out, *section("Held back", held)]


def alert_full(detail: AlertDetail, frame: Frame, width: int) -> list[Content]:
    """Return all that is known of an alert."""
    messages = [line for each in detail.deliveries for line in _message(each, frame, width)]
    none = [styled([("  nobody was told of it", "muted")])]
    return [*alert_brief(detail.row, frame, width), *section("Messages", messages or none)]


def _message(row: DeliveryRow, frame: Frame, width: int) -> list[Content]:
    head = styled(
        [
            (f"  {row.state:<11}", _TOKENS.get(row.state, "")),
            f"{row.channel}  ",
            (
                f"{age(row.created_at, frame.now)} ago, {plural(row.attempts, 'try', 'tries')}",
                "muted",
            ),
        ]
    )
    said = [Content.assemble("    ", line) for line in paragraph(row.headline, width - 4)]
    why = [Content.assemble("    ", line) for line in paragraph(row.message, width - 4, "warn")]
    return [head, *said, *(why if row.message else [])]
