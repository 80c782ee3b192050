"""The dialog before every decision: what it does, where, by which rule. The default is No.

`y` says yes, after a pause in which no key came; in production the name of the context has to be
typed, and Enter behind it signs. Enter alone never says yes. Keys that were pressed before the
dialog was drawn are dropped, and whoever seems to type something else has to pause longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from riskcockpit.present.columns import Frame
from riskcockpit.present.text import money, plural, severity_token
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.field import Field
from riskcockpit.tui.widgets.finding_text import LABEL, fact, paragraph, section
from riskcockpit.tui.widgets.plain import Part, Plain, lines, styled
from riskcockpit.views.governance import DecisionPreview

SETTLE_SECONDS = 0.25
"""How long a preview is shown, and no key comes, before one can say yes to it."""
ASTRAY_SECONDS = 1.0
"""The same when keys came that answer nothing: somebody types for another place."""
_ANSWERS = frozenset(
    ("y", "n", "q", "enter", "escape", "j", "k", "down", "up", "pagedown", "pageup", "home", "end",
     "tab", "shift+tab")
)  # fmt: skip
"""Keys that somebody presses who reads the question."""
_SAMPLE = 8
_FIRST_CALLS = 4
"""Calls that are shown before the rest of the preview; all of them stand at its end."""
_NO: tuple[Part, ...] = (("No", "strong"), " is esc")


class ConfirmDialog(Dialog[bool]):
    """Asks for a yes to a previewed decision."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,enter,q", "leave", "no"),
        Binding("down,j", "scroll_text(1)", "down"),
        Binding("up,k", "scroll_text(-1)", "up"),
    ]

    def __init__(self, preview: DecisionPreview) -> None:
        super().__init__(preview.title)
        self.preview = preview
        self._is_ready = False
        self._settling: Timer | None = None
        self._is_astray = False
        """Somebody types for another place; said in the place of the question."""

    @property
    def word(self) -> str:
        """What has to be typed; empty when `y` is enough."""
        return self.preview.context if self.preview.is_production else ""

    @property
    def rows_beside(self) -> int:
        """The word to type takes two more."""
        return super().rows_beside + (2 if self.word and not self.preview.blockers else 0)

    def compose_head(self) -> Iterable[Widget]:
        """Yield what stands above the preview and scrolls with it."""
        return ()

    def compose_content(self) -> Iterable[Widget]:
        """Yield preview and question."""
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield from self.compose_head()
            yield Plain(lines(self._text()), id="preview-text", classes="text")
        yield Plain(styled(self._question()), id="question", classes="line")
        if self.word and not self.preview.blockers:
            yield Field(id="word", compact=True, disabled=True)

    def _text(self) -> list[Content]:
        return preview_text(self.preview, self.host.frame(), self.room)

    def draw_text(self) -> None:
        """Draw the preview."""
        self.query_one("#preview-text", Plain).show(lines(self._text()))

    def _question(self, typed: str = "") -> list[Part]:
        if self.preview.blockers:
            return [("It cannot be done now.  ", "alarm"), ("esc", "key"), (" closes", "muted")]
        if self.word and typed == self.word:
            return [("enter", "key"), " signs it in ", ("PRODUCTION", "alarm"), "    ", *_NO]
        if self.word:
            sign: list[Part] = ["type ", (self.word, "strong"), " and ", ("enter", "key")]
            return [("PRODUCTION  ", "alarm"), *sign, " to sign it    ", *_NO]
        more: list[Part] = [("    j", "key"), (" shows more", "muted")] if self._has_more else []
        return [("y", "key"), " signs it    ", ("No", "strong"), " is esc, n or enter", *more]

    @property
    def _has_more(self) -> bool:
        """Whether a part of the preview is not seen."""
        return any(scroll.max_scroll_y > 0 for scroll in self.query("#dialog-scroll"))

    def on_mount(self) -> None:
        """Become ready only once a person can have read the question, with nothing over it."""
        self.host.hold_notes()
        self._is_astray = self.host.is_typing_on()
        self._settle()

    def on_unmount(self) -> None:
        """Let notes come again."""
        self.host.release_notes()

    def _settle(self) -> None:
        self.call_after_refresh(self._begin_to_settle)

    def _begin_to_settle(self) -> None:
        self._unsettle()
        if self._is_astray and not self.preview.blockers:
            what = "the word" if self.word else "y"
            self.say(f"keys were typed: {what} counts again after a second without any")
        pause = ASTRAY_SECONDS if self._is_astray else SETTLE_SECONDS
        self._settling = self.set_timer(pause, self._be_ready)

    def _unsettle(self) -> None:
        self._is_ready = False
        if self._settling is not None:
            self._settling.stop()
            self._settling = None

    def _mind(self, key: str) -> None:
        """Begin the pause anew after a key that counted for nothing."""
        self._is_astray = self._is_astray or key not in _ANSWERS
        if self._settling is not None:
            self._begin_to_settle()

    def pause(self) -> None:
        """Say yes to nothing until another preview is shown; what was typed is void."""
        self._unsettle()
        for field in self.query("#word").results(Input):
            field.value, field.disabled = "", True

    def _ask(self, typed: str = "") -> None:
        self.query_one("#question", Plain).show(styled(self._question(typed)))

    def say(self, words: str) -> None:
        """Say something in the place of the question."""
        self.query_one("#question", Plain).show(styled([(words, "warn")]))

    async def show_preview(self, preview: DecisionPreview) -> None:
        """Show another preview, as if the dialog had just opened."""
        self.pause()
        self.preview = preview
        self.retitle(preview.title)
        await self.recompose()
        self.fit_text()
        self._settle()

    def _be_ready(self) -> None:
        self._is_ready, self._settling, self._is_astray = True, None, False
        self._ask()
        if self.word and not self.preview.blockers:
            field = self.query_one("#word", Input)
            field.disabled = False
            field.focus()

    def on_key(self, event: events.Key) -> None:
        """Take `y` after a pause without keys, and nothing before the dialog is drawn."""
        key = event.key
        if self._is_astray and self._settling is not None and key == "escape":
            event.stop()
            self.dismiss(False)
        elif self.is_dropped(key):
            event.stop()
            event.prevent_default()
            self._mind(key)
        elif self._is_ready and not self.word and not self.preview.blockers:
            if key == "y":
                event.stop()
                self.dismiss(True)
            elif key not in _ANSWERS and not key.startswith("ctrl+"):
                self._is_astray = True
                self._begin_to_settle()

    def is_dropped(self, key: str) -> bool:
        """Return whether a key means nothing now."""
        del key
        return not self._is_ready

    @on(Input.Changed)
    def compare(self, event: Input.Changed) -> None:
        """Say what Enter would do."""
        event.stop()
        if self._is_ready:
            self._ask(event.value)

    @on(Input.Submitted)
    def sign(self, event: Input.Submitted) -> None:
        """Say yes when the word is complete; stay open when it is not."""
        event.stop()
        if self._is_ready and event.value == self.word:
            self.dismiss(True)
        elif self._is_ready:
            self.say(f"not signed: type {self.word} and enter, or esc for No")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Take no key before the dialog is drawn."""
        return action != "leave" or self._is_ready

    def action_scroll_text(self, rows: int) -> None:
        """Scroll what does not fit."""
        self.query_one("#dialog-scroll").scroll_relative(y=rows * 3, animate=False)

    def action_leave(self) -> None:
        """Say no."""
        self.dismiss(False)


def preview_text(preview: DecisionPreview, frame: Frame, width: int) -> list[Content]:
    """Return a preview in words: what nobody may miss first, so that it is seen without scrolling.

    That is the consequence, what speaks against it, who else must sign, by which rule, and the
    exact calls.
    """
    where = preview.context + ("  PRODUCTION" if preview.is_production else "")
    alone = "" if preview.blockers else "nobody else"
    first = [
        ("context", where),
        ("target", preview.target),
        ("needs", "; ".join(dict.fromkeys(preview.needs)) or alone),
        ("rule", preview.rule),
    ]
    then = []
    if preview.finding_count:
        then.append(("concerns", plural(preview.finding_count, "finding")))
    if preview.exposure is not None:
        amount = money(preview.exposure, exact=True, glyphs=frame.glyphs)
        then.append(("at risk", f"{amount} a year"))
    then += preview.facts
    told = [label for label, text in (*first, *then) if text]
    indent = min(24, max(LABEL, 2 + max(map(len, told))))
    out = paragraph(preview.consequence, width, "strong")
    out += section("Cannot be done now", _each(preview.blockers, width, "alarm"))
    out += [Content(""), *_facts(first, width, indent)]
    out += section("Changes upstream", _calls(preview, width))
    out += section("Mind", _each(preview.warnings, width, "warn"))
    out += section("About it", _facts(then, width, indent))
    out += section("Findings", _sample(preview, width))
    if len(preview.calls) > _FIRST_CALLS:
        out += section("All calls", _each(preview.calls, width, ""))
    return out


def _facts(facts: Iterable[tuple[str, str]], width: int, indent: int) -> list[Content]:
    return [
        line for label, text in facts for line in fact(label[: indent - 2], text, width, indent)
    ]


def _each(texts: Iterable[str], width: int, token: str) -> list[Content]:
    return [line for text in texts for line in paragraph(text, width, token)]


def _calls(preview: DecisionPreview, width: int) -> list[Content]:
    calls = preview.calls
    if not preview.are_calls_known:
        unknown = styled([("  unknown: a source that would be called did not answer", "warn")])
        known = _calls(replace(preview, are_calls_known=True), width) if calls else ()
        return [*known, unknown]
    if not calls:
        signed = "; the decision is signed in the ledger"
        why = " while it cannot be done" if preview.blockers else signed
        return [styled([(f"  nothing{why}", "muted")])]
    shown = [Content(f"  {line.plain}") for line in _each(calls[:_FIRST_CALLS], width - 2, "")]
    more = len(calls) - _FIRST_CALLS
    if more > 0:
        shown.append(styled([(f"  and {plural(more, 'more', 'more')}, all at the end", "muted")]))
    return shown


def _sample(preview: DecisionPreview, width: int) -> list[Content]:
    rows = [
        styled(
            [
                (f"  {row.severity.word:<9}", severity_token(row.severity)),
                *_one(row.title, width - 11),
            ]
        )
        for row in preview.findings[:_SAMPLE]
    ]
    rest = preview.finding_count - len(rows)
    if rows and rest > 0:
        rows.append(styled([(f"  and {plural(rest, 'more', 'more')}", "muted")]))
    return rows


def _one(text: str, width: int) -> list[Part]:
    first = paragraph(text, width)
    return [first[0].plain + (" …" if len(first) > 1 else "")] if first else [""]
