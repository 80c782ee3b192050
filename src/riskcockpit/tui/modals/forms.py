"""Forms before a preview: what a waiver needs to know, and a line of text. None decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Select
from textual.widgets._select import SelectOverlay

from riskcockpit.domain.decision import WaiverReason
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import Glyphs, count, plural, stamp
from riskcockpit.tui.intents import Renew, Waive
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.choice import Choice
from riskcockpit.tui.widgets.field import Field
from riskcockpit.tui.widgets.finding_text import paragraph
from riskcockpit.tui.widgets.plain import Plain, fitted, lines, styled
from riskcockpit.views.waivers import WaiverScope

T = TypeVar("T")

_PREVIEWS = "previews, decides nothing"
_CHOOSES = "opens the choice, or takes it"
Keep = Callable[[Mapping[str, str]], None]
"""Keeps what is typed into a form, field → text; empty: there is nothing to keep."""
KEEP_SECONDS = 0.3
"""How long the typing rests before it is kept."""
EXPIRES = "Expires: 30d, 4w or 2026-12-20"
_LONGEST = 2_000
_PADDING = 2
"""Cells beside a text of a form."""
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


def _keys(enter: str) -> Content:
    """Return the keys of a form; `enter` says what that one does."""
    return styled(
        [
            ("enter", "key"),
            f" {enter}   ",
            ("tab", "key"),
            " next field   ",
            ("esc", "key"),
            " keeps a draft",
        ]
    )


class Form(Dialog[T]):
    """Fields whose content outlives a crash: each change is kept as a draft.

    Enter gives the form on when nothing is wanted any more; else it goes to what is.
    """

    def __init__(self, title: str, draft: Mapping[str, str], keep: Keep) -> None:
        super().__init__(title)
        self.draft = {name: clean_line(text) for name, text in draft.items()}
        self._keep = keep
        self._later: Timer | None = None
        self._labels: dict[str, str] = {}
        """Field of one line → what it is for."""

    def fields(self) -> dict[str, str]:
        """Return what is typed, field → text; empty texts when it is worth no draft."""
        raise NotImplementedError

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what is still wanted: the field, and what to do there."""
        raise NotImplementedError

    def given(self) -> T:
        """Return what the form gives on once nothing is wanted."""
        raise NotImplementedError

    def foot(self) -> Iterable[Widget]:
        """Yield the line for mistakes, and the keys."""
        said = (
            [("taken from a draft that was not sent", "muted")] if any(self.draft.values()) else []
        )
        yield Plain(styled(said), id="form-mistake", classes="line")
        yield Plain(_keys(_PREVIEWS), id="form-keys", classes="line")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what enter does in the field that has the focus."""
        is_choice = isinstance(event.widget, Choice | SelectOverlay)
        self.query_one("#form-keys", Plain).show(_keys(_CHOOSES if is_choice else _PREVIEWS))

    @on(Choice.Mistyped)
    def refuse_text(self, event: Choice.Mistyped) -> None:
        """Say that what was typed went nowhere."""
        event.stop()
        words = "this is a choice and takes no text: tab goes on"
        self.query_one("#form-mistake", Plain).show(styled([(words, "warn")]))

    def line(self, name: str, label: str, *, usual: str = "") -> Iterable[Widget]:
        """Yield a field of one line under what it is for."""
        self._labels[name] = label
        yield Plain(label, id=f"{name}-label", classes="line dim")
        yield Field(
            self.draft.get(name, usual), id=name, compact=True, max_length=_LONGEST,
            select_on_focus=False,
        )  # fmt: skip

    def typed(self, name: str) -> str:
        """Return what is typed into a field."""
        return clean_line(self.query_one(f"#{name}", Input).value)

    def complain(self, field: str, words: str) -> None:
        """Say what is still wanted, where it is typed; what was typed ahead was for elsewhere."""
        name, colon, _ = self._labels[field].partition(":")
        is_named = bool(colon) and " " not in name and name.casefold() not in words.casefold()
        told = f"{name}: {words}" if is_named else words
        self.query_one(f"#{field}-label", Plain).show(styled([(told, "warn")]))
        wanted = self.query_one(f"#{field}")
        if wanted is not self.focused:
            self.host.forget_typed()
            wanted.focus()

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Go to what is wanted first, or on."""
        event.stop()
        self.submit_all()

    def submit_all(self) -> None:
        """Go to what is wanted first; when nothing is, give on what the form is about."""
        for field, words in self.faults():
            self.complain(field, words)
            return
        self.keep_now()
        self.dismiss(self.given())

    @on(Input.Changed)
    def label_anew(self, event: Input.Changed) -> None:
        """Say beside a field what it is for, and what is made of what is typed."""
        name = str(event.input.id)
        told = f"{self._labels[name]}{self.understood(name)}"
        self.query_one(f"#{name}-label", Plain).show(told)

    def understood(self, name: str) -> str:
        """Return what is made of what is typed into a field, where that is not plain."""
        del name
        return ""

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


class _TermsForm(Form[T]):
    """Asks why findings are waived and until when; says at the field what the bank's rules want."""

    def __init__(
        self, title: str, scope: WaiverScope, draft: Mapping[str, str], keep: Keep
    ) -> None:
        super().__init__(title, draft, keep)
        self.scope = scope

    def about(self) -> Iterable[Widget]:
        """Yield what is waived."""
        glyphs, room = self.host.frame().glyphs, self.room - _PADDING
        for title, where in self.scope.first:
            told = styled([title, (f"  {where}", "muted")])
            if len(self.scope.first) == 1 and told.cell_length > room:
                yield Plain(_two_lines(f"{title}  {where}", room, glyphs), classes="text")
            else:
                yield Plain(fitted(told, room, glyphs), classes="line")
        if more := self.scope.count - len(self.scope.first):
            yield Plain(f"and {count(more)} more", classes="line dim")
        yield Plain("", classes="gap")

    def understood(self, name: str) -> str:
        """Return until when the end that is typed is."""
        until = self.read_end() if name == "expires" else None
        return f"  (until {stamp(until)})" if until else ""

    def read_end(self) -> datetime | None:
        """Return the end that is typed; None while it cannot be read."""
        try:
            return read_expiry(self.typed("expires"), self.host.frame().now)
        except (ValueError, OverflowError):
            return None

    def end(self) -> datetime:
        """Return the end that is typed, once nothing is wanted any more."""
        until = self.read_end()
        assert until is not None  # noqa: S101 - faults() has said so
        return until

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what the rules of the bank for waivers still want."""
        length, least = len(self.typed("justification").strip()), self.scope.min_justification
        if 0 < length < least:
            yield "justification", f"{plural(length, 'character')}; it needs {least}: say why"
        until = self.read_end()
        if until is None:
            yield "expires", f"not a time to come: {self.typed('expires')}"
        elif until > self.scope.latest:
            most = f"{self.scope.severity} findings: {plural(self.scope.days, 'day')} at most"
            yield "expires", f"{most}; {self.scope.days}d, or {self.scope.last_day.isoformat()}"


def _two_lines(text: str, width: int, glyphs: Glyphs) -> Content:
    """Return a text in two lines; what is cut off is seen to be."""
    first, *rest = paragraph(text, width)
    second = Content(" ").join(rest)
    return lines([first, fitted(second, width, glyphs)] if rest else [first])


class WaiveForm(_TermsForm[Waive]):
    """Asks for reason, justification and expiry of a waiver."""

    AUTO_FOCUS = "#justification"

    def __init__(
        self, findings: tuple[str, ...], scope: WaiverScope, draft: Mapping[str, str], keep: Keep
    ) -> None:
        super().__init__(f"Waive {plural(len(findings), 'finding')}", scope, draft, keep)
        self._findings = findings

    def compose_content(self) -> Iterable[Widget]:
        """Yield what is waived, and the fields."""
        yield from self.about()
        reasons = {reason.value: reason for reason in WaiverReason}
        yield Plain("Reason", classes="line dim")
        yield Choice(
            [(Content(reason.value.replace("_", " ")), reason) for reason in WaiverReason],
            value=reasons.get(self.draft.get("reason", ""), WaiverReason.RISK_ACCEPTED),
            allow_blank=False,
            compact=True,
            id="reason",
        )
        yield from self.line(
            "justification", "Justification: why it is right, for an auditor in a year"
        )
        yield from self.line("expires", EXPIRES, usual="30d")
        yield from self.foot()

    def fields(self) -> dict[str, str]:
        """Return what is typed; without a justification it is worth no draft."""
        justification = self.typed("justification")
        if not justification.strip():
            return {}
        return {
            "reason": str(self.query_one("#reason", Select).value),
            "justification": justification,
            "expires": self.typed("expires"),
        }

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield what is still wanted: a justification, and what the rules want."""
        if not self.typed("justification").strip():
            yield "justification", "a justification is needed"
        yield from super().faults()

    def given(self) -> Waive:
        """Return the waiver that is wanted."""
        reason = WaiverReason(str(self.query_one("#reason", Select).value))
        return Waive(self._findings, reason, self.typed("justification").strip(), self.end())


class RenewForm(_TermsForm[Renew]):
    """Asks until when a waiver is renewed, and why it goes on."""

    def __init__(
        self, waiver: str, scope: WaiverScope, draft: Mapping[str, str], keep: Keep
    ) -> None:
        super().__init__(f"Renew the waiver {short(waiver)}", scope, draft, keep)
        self._waiver = waiver

    def compose_content(self) -> Iterable[Widget]:
        """Yield what is waived, and the fields."""
        yield from self.about()
        yield from self.line("justification", "Why it goes on; empty: the words of the old one")
        yield from self.line("expires", EXPIRES, usual="30d")
        yield from self.foot()

    def fields(self) -> dict[str, str]:
        """Return what is typed; the usual end alone is worth no draft."""
        typed = {name: self.typed(name) for name in ("justification", "expires")}
        is_usual = not typed["justification"] and typed["expires"] == "30d"
        return {} if is_usual else typed

    def given(self) -> Renew:
        """Return the renewal that is wanted."""
        return Renew(self._waiver, self.end(), self.typed("justification").strip())


class LineForm(Form[str]):
    """Asks for one line of text."""

    def __init__(self, title: str, label: str, draft: Mapping[str, str], keep: Keep) -> None:
        super().__init__(title, draft, keep)
        self._label = label

    def compose_content(self) -> Iterable[Widget]:
        """Yield the field."""
        yield from self.line("text", self._label)
        yield from self.foot()

    def fields(self) -> dict[str, str]:
        """Return what is typed."""
        return {"text": self.typed("text")}

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield the text while there is none."""
        if not self.typed("text").strip():
            yield "text", "a text is needed"

    def given(self) -> str:
        """Return the text."""
        return self.typed("text").strip()
