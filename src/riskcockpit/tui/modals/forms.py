"""Forms before a preview: what a waiver needs to know, and a line of text. None decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from textual import on
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Select

from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import plural, stamp
from riskcockpit.tui.intents import Waive
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.plain import Plain, styled

T = TypeVar("T")

Keep = Callable[[Mapping[str, str]], None]
"""Keeps what is typed into a form, field → text; empty: there is nothing to keep."""
KEEP_SECONDS = 0.3
"""How long the typing rests before it is kept."""
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


class Form(Dialog[T]):
    """Fields whose content outlives a crash: each change is kept as a draft."""

    def __init__(self, title: str, draft: Mapping[str, str], keep: Keep) -> None:
        super().__init__(title)
        self.draft = {name: clean_line(text) for name, text in draft.items()}
        self._keep = keep
        self._later: Timer | None = None

    def fields(self) -> dict[str, str]:
        """Return what is typed, field → text; empty texts when it is worth no draft."""
        raise NotImplementedError

    def foot(self) -> Iterable[Widget]:
        """Yield the line for mistakes, and the keys."""
        said = (
            [("taken from a draft that was not sent", "muted")] if any(self.draft.values()) else []
        )
        yield Plain(styled(said), id="form-mistake", classes="line")
        yield Plain(
            styled(
                [
                    ("enter", "key"),
                    " previews, decides nothing   ",
                    ("tab", "key"),
                    " next field   ",
                    ("esc", "key"),
                    " keeps a draft",
                ]
            ),
            classes="line",
        )

    @on(Input.Changed)
    @on(Select.Changed)
    def keep_soon(self, event: Message) -> None:
        """Keep the draft once the typing rests."""
        event.stop()
        if self._later is not None:
            self._later.stop()
        self._later = self.set_timer(KEEP_SECONDS, self.keep_now)

    def keep_now(self) -> None:
        """Keep the draft."""
        if self._later is not None:
            self._later.stop()
            self._later = None
        self._keep(self.fields())

    def action_leave(self) -> None:
        """Leave without doing anything; what was typed stays a draft."""
        self.keep_now()
        super().action_leave()


class WaiveForm(Form[Waive]):
    """Asks for reason, justification and expiry of a waiver."""

    AUTO_FOCUS = "#justification"

    def __init__(self, findings: tuple[str, ...], draft: Mapping[str, str], keep: Keep) -> None:
        super().__init__(f"Waive {plural(len(findings), 'finding')}", draft, keep)
        self._findings = findings

    def compose_content(self) -> Iterable[Widget]:
        """Yield the fields."""
        reasons = {reason.value: reason for reason in WaiverReason}
        yield Plain("Reason", classes="line dim")
        yield Select(
            [(Content(reason.value.replace("_", " ")), reason) for reason in WaiverReason],
            value=reasons.get(self.draft.get("reason", ""), WaiverReason.RISK_ACCEPTED),
            allow_blank=False,
            compact=True,
            id="reason",
        )
        yield Plain("Justification: why it is right, for an auditor in a year", classes="line dim")
        yield Input(
            self.draft.get("justification", ""), id="justification", compact=True, max_length=2_000,
            select_on_focus=False,
        )  # fmt: skip
        yield Plain("Expires: 30d, 4w or a date as 2026-12-20", classes="line dim")
        yield Input(
            self.draft.get("expires", "30d"), id="expires", compact=True, max_length=20,
            select_on_focus=False,
        )  # fmt: skip
        yield from self.foot()

    def fields(self) -> dict[str, str]:
        """Return what is typed; without a justification it is worth no draft."""
        justification = clean_line(self.query_one("#justification", Input).value)
        if not justification.strip():
            return {}
        return {
            "reason": str(self.query_one("#reason", Select).value),
            "justification": justification,
            "expires": clean_line(self.query_one("#expires", Input).value),
        }

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
        self.keep_now()
        self.dismiss(Waive(self._findings, WaiverReason(str(reason)), justification, until))

    def _complain(self, field: str, words: str) -> None:
        self.query_one("#form-mistake", Plain).show(styled([(words, "warn")]))
        self.query_one(field).focus()


class LineForm(Form[str]):
    """Asks for one line of text."""

    def __init__(self, title: str, label: str, draft: Mapping[str, str], keep: Keep) -> None:
        super().__init__(title, draft, keep)
        self._label = label

    def compose_content(self) -> Iterable[Widget]:
        """Yield the field."""
        yield Plain(self._label, classes="line dim")
        yield Input(
            self.draft.get("text", ""), id="text", compact=True, max_length=2_000,
            select_on_focus=False,
        )  # fmt: skip
        yield from self.foot()

    def fields(self) -> dict[str, str]:
        """Return what is typed."""
        return {"text": clean_line(self.query_one("#text", Input).value)}

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Go on with what was written; nothing written is said to be too little."""
        event.stop()
        text = clean_line(event.value).strip()
        if not text:
            self.query_one("#form-mistake", Plain).show(styled([("a text is needed", "warn")]))
            return
        self.keep_now()
        self.dismiss(text)
