"""Forms before a preview: what a waiver needs to know, and a line of text. Neither decides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Select

from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import plural, stamp
from riskcockpit.tui.api import Waive
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.plain import Plain, styled

_SPAN = re.compile(r"(\d{1,4})\s*([dw])")
_DAYS = {"d": 1, "w": 7}


def read_expiry(text: str, now: datetime) -> datetime:
    """Return the moment `30d`, `4w` or `2026-12-20` (its end, UTC) stands for.

    Raises:
        ValueError: it stands for nothing, or for the past.
    """
    bare = text.strip().lower()
    if match := _SPAN.fullmatch(bare):
        return now + timedelta(days=int(match[1]) * _DAYS[match[2]])
    day = datetime.strptime(bare, "%Y-%m-%d").replace(tzinfo=UTC)
    end = day + timedelta(days=1)
    if end <= now:
        raise ValueError(f"{bare} is over")
    return end


class WaiveForm(Dialog[Waive]):
    """Asks for reason, justification and expiry of a waiver."""

    AUTO_FOCUS = "#justification"

    def __init__(self, findings: tuple[str, ...]) -> None:
        super().__init__(f"Waive {plural(len(findings), 'finding')}")
        self._findings = findings

    def compose_content(self) -> Iterable[Widget]:
        """Yield the fields."""
        yield Plain("Reason", classes="line dim")
        yield Select(
            [(Content(reason.value.replace("_", " ")), reason) for reason in WaiverReason],
            value=WaiverReason.RISK_ACCEPTED,
            allow_blank=False,
            compact=True,
            id="reason",
        )
        yield Plain("Justification: why it is right, for an auditor in a year", classes="line dim")
        yield Input(id="justification", compact=True, max_length=2_000)
        yield Plain("Expires: 30d, 4w or a date as 2026-12-20", classes="line dim")
        yield Input("30d", id="expires", compact=True, max_length=20)
        yield Plain(id="form-mistake", classes="line")
        yield Plain(
            styled(
                [
                    ("enter", "key"),
                    " previews; nothing is decided yet    ",
                    ("esc", "key"),
                    " leaves",
                ]
            ),
            classes="line",
        )

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Go on to the preview when everything is there."""
        event.stop()
        justification = clean_line(self.query_one("#justification", Input).value).strip()
        expires = self.query_one("#expires", Input)
        reason = self.query_one("#reason", Select).value
        if not justification:
            self._complain("#justification", "a justification is needed")
            return
        try:
            until = read_expiry(expires.value, self.host.frame().now)
        except ValueError:
            self._complain("#expires", f"not a time to come: {clean_line(expires.value)}")
            return
        if event.input.id == "justification":
            self._complain("#expires", f"until {stamp(until)}")
            return
        self.dismiss(Waive(self._findings, WaiverReason(str(reason)), justification, until))

    def _complain(self, field: str, words: str) -> None:
        self.query_one("#form-mistake", Plain).show(styled([(words, "warn")]))
        self.query_one(field).focus()


class LineForm(Dialog[str]):
    """Asks for one line of text."""

    def __init__(self, title: str, label: str) -> None:
        super().__init__(title)
        self._label = label

    def compose_content(self) -> Iterable[Widget]:
        """Yield the field."""
        yield Plain(self._label, classes="line dim")
        yield Input(id="text", compact=True, max_length=2_000)
        yield Plain(
            styled(
                [
                    ("enter", "key"),
                    " previews; nothing is decided yet    ",
                    ("esc", "key"),
                    " leaves",
                ]
            ),
            classes="line",
        )

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Go on with what was written; nothing written is leaving."""
        event.stop()
        text = clean_line(event.value).strip()
        self.dismiss(text or None)
