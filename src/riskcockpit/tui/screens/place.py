"""What all screens share: header, state, keys, and asking questions off the event loop."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import get_current_worker

from riskcockpit.tui.bindings import KEYS, Key
from riskcockpit.tui.conditions import failure_words, is_forbidden, of_refresh
from riskcockpit.tui.host import Host
from riskcockpit.tui.messages import Answered, AskFailed, JumpWanted, Place
from riskcockpit.tui.widgets.key_line import KeyLine
from riskcockpit.tui.widgets.lines import Hint, banner_line
from riskcockpit.tui.widgets.plain import Plain, lines, styled
from riskcockpit.tui.widgets.row_table import RowTable

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.tui.api import Names
    from riskcockpit.views.posture import PostureView
    from riskcockpit.views.syncing import SourceProgress

T = TypeVar("T")

_POSTURE = "posture-of-header"
_UNDO = "decide.undo"
_HELP = "app.help"
_SETTLE_SECONDS = 0.5
"""After its first data a screen has all it will keep: what is there then is never garbage."""
_QUIET = (_POSTURE, "names", "views", "values", "commands", "remember", "draft", "may", "controls")
"""First words of topics nobody waits for: when they fail, the screen goes on as it is."""


def first_steps(*, has_settings: bool) -> str:
    """Return what brings data into a home without any, a line a step."""
    made = [] if has_settings else [("init", "makes settings and your signing key")]
    steps = [
        *made,
        ("sources add", "connects scanners, registries, monitors"),
        ("import FILE", "reads the report of a scanner"),
        ("demo", "shows a whole bank, without any of these"),
    ]
    return "\n".join(f"riskcockpit {words:<12}  {what}" for words, what in steps)


class Load(StrEnum):
    """How a screen stands with its data; each is drawn."""

    LOADING = "loading"
    EMPTY = "empty"
    LOADED = "loaded"
    STALE = "stale"
    FAILED = "failed"
    FORBIDDEN = "forbidden"


class PlaceScreen(Screen[None]):
    """A place in the cockpit."""

    topic: ClassVar[str] = "data"
    """What the screen waits for, in words."""
    empty_words: ClassVar[tuple[str, str]] = ("Nothing here yet.", "")
    """What an empty screen says, and what to do about it; empty: the first steps of a newcomer."""
    reads_posture: ClassVar[bool] = False
    """Its own question brings the posture, which feeds header and banner."""

    def __init__(self) -> None:
        super().__init__()
        self.load = Load.LOADING
        self._failure: Exception | None = None
        self._serials: dict[str, int] = {}
        self._generation: int | None = None
        self._is_settled = False

    @property
    def host(self) -> Host:
        """The app this screen lives in."""
        return cast("Host", self.app)

    @property
    def is_drawn(self) -> bool:
        """Whether what the screen is about is seen, be it as it was before."""
        return self.load in (Load.LOADED, Load.STALE)

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to see, and nothing on its way."""
        return not self.is_drawn and self.load is not Load.LOADING

    # layout

    def compose(self) -> ComposeResult:
        """Put the lines around the body."""
        yield Plain(id="header")
        yield Plain(id="state")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield Plain(id="blank")
        yield KeyLine(id="keys")

    def compose_body(self) -> Iterable[Widget]:
        """Yield what the screen is about."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Draw the frame and ask for the data."""
        self.enter(Load.LOADING)
        self.bindings_updated_signal.subscribe(self, lambda _: self.draw_lines())
        self.call_after_refresh(self.refresh_data)  # the frame is drawn before anybody works

    def arrive(self) -> None:
        """Bring what is shown up to date after having been away."""
        if self.is_mounted:
            self.draw_lines()
            self.refresh_data()
            if self.host.posture is None:
                self.refresh_posture()

    def on_resize(self) -> None:
        """Fit the lines to the new width."""
        self.draw_lines()

    def draw_lines(self) -> None:
        """Draw header, banner and keys for what is possible now, once there is a frame."""
        if not self.is_mounted:
            return
        self.query_one("#header", Plain).show(self.host.header(self.size.width))
        self._draw_banner()
        keys = self.query_one("#keys", KeyLine)
        keys.draw(self.hints(), self.size.width, self.host.glyphs)

    def hints(self) -> list[Hint]:
        """Return the keys that do something now, and those that may not act on what is here."""
        active = {
            binding.binding.id for binding in self.active_bindings.values() if binding.enabled
        }
        order = {
            "decisions": 0,
            "ledger": 1,
            "panels": 2,
            "compliance": 1,
            "lists": 2,
            "findings": 2,
            "rows": 2,
            "columns": 3,
            "finding": 3,
            "query": 2,
            "everywhere": 4,
            "places": 5,
        }
        refused = self.refusals()
        keys = [key for key in KEYS if key.label and (key.id in active or key.id in refused)]
        if isinstance(self.focused, Input):  # it takes what is typed
            keys = [key for key in keys if key.scope == "query" or key.id == "app.back"]
            return [Hint("enter", "apply"), *(Hint(self._key_now(key), key.label) for key in keys)]
        keys = [key for key in keys if self.is_offered(key)]
        ranks = {key.id: order["finding"] if key.id == _UNDO else order[key.scope] for key in keys}
        keys.sort(key=lambda key: (ranks[key.id], key.id in refused))
        return [
            Hint(
                self._key_now(key), key.label, refused.get(key.id, ""), key.id == _HELP, key.action
            )
            for key in keys
        ]

    def is_offered(self, key: Key) -> bool:
        """Return whether the last line shows a key that acts."""
        del key
        return True

    def refusals(self) -> Mapping[str, str]:
        """Return id of a key → why it may not act on what is here."""
        return {}

    def why_not(self, action: str) -> str:
        """Return why the key of `action` does nothing now; empty when it acts."""
        del action
        return ""

    def _key_now(self, key: Key) -> str:
        return key.read_in(self.host.keymap)[0]

    # data

    def refresh_data(self) -> None:
        """Ask for everything the screen shows; what is shown stays until the answer is here."""
        raise NotImplementedError

    def show_place(self, place: Place) -> None:
        """Show another thing of the same kind."""

    def step_back(self) -> bool:
        """Undo one level inside the screen (a filter, marks); False when there is none."""
        return False

    def redraw(self) -> None:
        """Draw again what is known: ages have moved on."""

    def take_generation(self) -> None:
        """Read anew after a publish."""
        self.refresh_data()
        self.refresh_posture()

    def take_ledger(self) -> None:
        """Read anew what the ledger alone says: somebody has written into it."""

    def take_progress(self, progress: Sequence[SourceProgress]) -> None:
        """Show how far a sync has come; most screens say only that one runs."""
        del progress
        self.draw_lines()

    def take_names(self, names: Names) -> None:
        """Take the names that exist now, to complete words."""

    def id_seen(self) -> str:
        """Return the id of what the cursor is on; empty when there is nothing."""
        table = self.focused
        return table.row_id if isinstance(table, RowTable) else ""

    def sources_seen(self) -> Sequence[str]:
        """Return the sources a sync would pull; empty: all of them."""
        return ()

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return what belongs to what the cursor is on, as (what it is, place)."""
        return ()

    def query_seen(self) -> str:
        """Return the query by which what is seen was chosen; empty when by none."""
        return ""

    def refresh_posture(self) -> None:
        """Read anew what header and banner say, unless the screen's own question brings it."""
        if not self.reads_posture:
            self.ask(_POSTURE, self.host.gateway.posture, self._take_posture)

    def _take_posture(self, posture: PostureView) -> None:
        self.host.notice(posture)
        self.draw_lines()

    def ask(self, topic: str, question: Callable[[], T], then: Callable[[T], None]) -> None:
        """Run `question` in a thread and give its answer to `then`, on the event loop.

        A newer question on the same topic makes the older one's answer void.
        """
        serial = self._serials.get(topic, 0) + 1
        self._serials[topic] = serial

        def run() -> None:
            worker = get_current_worker()
            try:
                answer = question()
            except Exception as error:  # noqa: BLE001 - the boundary of the thread: every failure is shown
                if not worker.is_cancelled:
                    self.post_message(AskFailed(topic, serial, error))
            else:
                if not worker.is_cancelled:
                    self.post_message(Answered(topic, serial, lambda: then(answer)))

        self.run_worker(
            run, thread=True, exclusive=True, group=f"{self.id}:{topic}", exit_on_error=False
        )

    def forget(self, topic: str) -> None:
        """Let the answer to a question that is under way be void."""
        self._serials[topic] = self._serials.get(topic, 0) + 1

    @on(Answered)
    def take_answer(self, event: Answered) -> None:
        """Hand over an answer, unless a newer question was asked."""
        event.stop()
        if self._serials.get(event.topic) == event.serial:
            event.take()

    @on(AskFailed)
    def take_failure(self, event: AskFailed) -> None:
        """Say what failed, unless a newer question was asked."""
        event.stop()
        is_mine = self._serials.get(event.topic) == event.serial
        if is_mine and event.topic.partition(":")[0] not in _QUIET:
            self.fail(event.topic, event.error)

    def fail(self, topic: str, error: Exception) -> None:
        """Draw a failure: over what is shown when there is anything, instead of it otherwise."""
        del topic
        if self.load in (Load.LOADED, Load.STALE, Load.EMPTY):
            self.enter(Load.STALE, error)
        else:
            self.enter(Load.FORBIDDEN if is_forbidden(error) else Load.FAILED, error)

    @on(JumpWanted)
    def wait_for_letter(self, event: JumpWanted) -> None:
        """Give the next key to the table that shows letters."""
        from riskcockpit.tui.modals.jump import JumpMode  # noqa: PLC0415 - when first used

        event.stop()
        self.app.push_screen(JumpMode(event.letters), event.table.jump)

    # state

    def enter(self, load: Load, error: Exception | None = None) -> None:
        """Draw one of the six states; what is loaded but old is stale."""
        self._failure = error
        before = self.load
        self.load = Load.STALE if load is Load.LOADED and self._is_old() else load
        body, blank = self.query_one("#body"), self.query_one("#blank", Plain)
        if self.is_drawn and not self._is_settled:
            self._is_settled = True
            self.set_timer(_SETTLE_SECONDS, gc.freeze)  # a search of all that stays stops the keys
        if self.load is not before or body.display != self.is_drawn:
            self.call_later(self.refresh_bindings)  # keys of rows come and go with them
        body.display, blank.display = self.is_drawn, not self.is_drawn
        if not self.is_drawn:
            blank.show(self._blank_text(load, error))
        self._draw_banner()

    def _is_old(self) -> bool:
        return any(each.word == "STALE" for each in self.host.conditions())

    def _draw_banner(self) -> None:
        own = self._failure if self.is_drawn else None
        mine = [] if own is None else [of_refresh(own, self.host.glyphs)]
        wrong = [*mine, *self.host.conditions()]
        state = self.query_one("#state", Plain)
        state.display = bool(wrong)
        if wrong:
            state.show(banner_line(wrong, self.size.width, self.host.glyphs))

    def _blank_text(self, load: Load, error: Exception | None) -> Content:
        if load is Load.LOADING:
            return styled([(f"Loading {self.topic} {self.host.glyphs.ellipsis}", "muted")])
        if load is Load.EMPTY:
            words, hint = self.empty_words
            steps = hint or first_steps(has_settings=self.host.gateway.about.has_settings)
            rows = steps.split("\n")
            longest = max(map(len, rows))  # the block stands in the middle, its lines do not
            block = [styled([(f"{row:<{longest}}", "muted")]) for row in rows]
            return lines([styled([(words, "strong")]), "", *block])
        words, hint = failure_words(error)
        alarm = self.host.glyphs.alarm
        word = "FORBIDDEN" if load is Load.FORBIDDEN else "FAILED"
        said = "you may not read" if load is Load.FORBIDDEN else "cannot read"
        return lines(
            [
                styled([(f"{alarm} {word}", "alarm"), f"  {said} {self.topic}"]),
                "",
                words,
                styled([(hint, "muted")]),
                "",
                styled([("ctrl+r", "key"), (" tries again", "muted")]),
            ]
        )
