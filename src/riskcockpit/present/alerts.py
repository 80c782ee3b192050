"""The digest of alerts as text and as Markdown, the same for the same view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from riskcockpit.domain.untrusted import as_markdown, clean_line
from riskcockpit.present.text import plural, stamp
from riskcockpit.views.alerts import AlertRow, DigestView

MOST = 50
"""How many alerts a section shows; the others are counted."""
FATES = {
    "sent": "told, leading a message",
    "grouped": "told inside the message of another",
    "duplicate": "told before, no worse, not due again",
    "acknowledged": "acknowledged",
    "quiet_hours": "held for quiet hours",
    "budget": "over the day's budget of their owner",
    "waived": "waived",
    "no_route": "nobody is named to be told",
}
UNSENT = {
    "waiting": "its message could not be delivered yet",
    "failed": "its message could not be delivered and was given up",
}
_HELD = ("budget", "quiet_hours", "no_route", "acknowledged", "duplicate", "waived")


def digest_text(view: DigestView) -> str:
    """Return the digest as plain lines."""
    return "\n".join(_lines(view, clean_line, "", "- "))


def digest_markdown(view: DigestView) -> str:
    """Return the digest as Markdown; foreign text in it is shown as it is."""
    return "\n".join(_lines(view, as_markdown, "## ", "- ")) + "\n"


def _lines(view: DigestView, safe: Callable[[str], str], head: str, bullet: str) -> Iterator[str]:
    period = f"{stamp(view.since)} to {stamp(view.until)}"
    yield f"{head.removeprefix('#')}Alerts of {safe(view.context)}, {period}"
    yield ""
    yield f"{head}Open: {len(view.open)}"
    yield from _section(view.open, safe, bullet)
    yield ""
    yield f"{head}Ended: {len(view.ended)}"
    yield from _section(view.ended, safe, bullet)
    yield ""
    yield f"{head}What became of them, counted each time they were looked at"
    for fate, words in FATES.items():
        yield f"{bullet}{view.fates.get(fate, 0)} {words}"
    yield ""
    yield f"{head}Messages: {len(view.deliveries)}"
    for row in view.deliveries:
        why = f": {safe(row.message)}" if row.message else ""
        yield f"{bullet}{safe(row.channel)} {row.state}, {safe(row.headline)}{why}"


def _section(rows: Sequence[AlertRow], safe: Callable[[str], str], bullet: str) -> Iterator[str]:
    for row in rows[:MOST]:
        owner = f", owner {safe(row.owner)}" if row.owner else ""
        acked = f", acknowledged by {safe(row.acked_by)}" if row.acked_at else ""
        told = f"told {plural(row.times, 'time')}" if row.times else "not told yet"
        told += f", {UNSENT[row.unsent]}" if row.unsent in UNSENT else ""
        held = "".join(f", {row.held[f]} x {f.replace('_', ' ')}" for f in _HELD if f in row.held)
        what = f"{row.severity} {safe(row.title)}: {safe(row.detail)}"
        yield f"{bullet}{what} ({told}{held}{acked}{owner})"
    if len(rows) > MOST:
        yield f"{bullet}{len(rows) - MOST} more"
