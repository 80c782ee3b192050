"""The overview: five pillars, what needs a person now, money at risk, sources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.present.columns import QUEUE, Frame
from riskcockpit.present.text import (
    age,
    count,
    money,
    plural,
    signed_money,
    signs,
    source_mark,
    state_mark,
)
from riskcockpit.tui.bindings import Key, bind
from riskcockpit.tui.intents import Release
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.pillar_card import PillarCard
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, lines, styled, titled
from riskcockpit.tui.widgets.row_table import RowTable

if TYPE_CHECKING:  # records come with the data: the first frame needs none
    from riskcockpit.views.posture import ExposureView, PostureView, QueueItem, SourceView


class OverviewScreen(DecidingScreen):
    """What an engineer sees first in the morning."""

    BINDINGS = bind(
        "decide.approve", "decide.reject", "decide.waive", "decide.roll-back", "decide.renew",
        "decide.undo", "decide.note", "findings.filter",
    )  # fmt: skip
    topic = "the overview"
    reads_posture = True
    empty_words = ("No data yet.", "")

    def is_offered(self, key: Key) -> bool:
        """Leave out what leads here, or back from here: the overview lies at the bottom."""
        return key.id not in ("go.overview", "app.back") and super().is_offered(key)

    def compose_body(self) -> Iterable[Widget]:
        """Yield cards, queue, exposure and sources."""
        with Horizontal(id="cards"):
            for pillar in Pillar:
                yield PillarCard(pillar)
        with Vertical(id="queue-box"):
            yield RowTable(QUEUE, lambda item: item.id, id="queue", has_head=False)
            yield Plain("Nothing needs you now.", id="queue-none")
            yield Plain(id="queue-detail")
        yield Plain(id="exposure")
        yield Plain(id="sources")

    @property
    def queue(self) -> RowTable[QueueItem]:
        """The table of what needs a person."""
        return self.query_one("#queue", RowTable)

    def refresh_data(self) -> None:
        """Ask for the posture."""
        self.ask("posture", self.host.gateway.posture, self.take_posture)

    def take_posture(self, view: PostureView) -> None:
        """Draw a posture."""
        self.host.notice(view)
        if view.generation == 0 and not view.sources:
            self.enter(Load.EMPTY)
            self.draw_lines()
            return
        frame = self.host.frame()
        self.enter(Load.LOADED)
        self._draw(view, frame)
        self._draw_queue(view, frame)
        self.draw_lines()

    def redraw(self) -> None:
        """Let ages move on."""
        if self.host.posture is not None and self.load in (Load.LOADED, Load.STALE):
            self._draw(self.host.posture, self.host.frame())
            self.queue.retime(self.host.frame())

    def on_resize(self) -> None:
        """Fit every line to the new width."""
        super().on_resize()
        self.redraw()

    def _draw(self, view: PostureView, frame: Frame) -> None:
        for pillar in view.pillars:
            self.query_one(f"#pillar-{pillar.pillar.number}", PillarCard).draw(pillar, frame)
        width = self.size.width
        self.query_one("#exposure", Plain).show(_exposure(view.exposure, frame, width))
        self.query_one("#sources", Plain).show(_sources(view.sources, frame, width))

    def _draw_queue(self, view: PostureView, frame: Frame) -> None:
        table, box = self.queue, self.query_one("#queue-box")
        table.show_rows(view.queue, frame)
        table.display = bool(view.queue)
        none = self.query_one("#queue-none", Plain)
        none.display = not view.queue
        none.show(_nothing_waits(view, frame))
        self.query_one("#queue-detail").display = bool(view.queue)
        titled(box, "Needs you now", count(len(view.queue)) if view.queue else "")
        if view.queue and self.focused is None:
            table.focus()

    def action_filter(self) -> None:
        """Filter the findings."""
        self.host.go_to(Place("findings"))
        self.host.press("filter_soon")

    @on(RowPointed)
    def follow(self) -> None:
        """Say in full what waits under the cursor, and which keys act on it."""
        item = self.queue.row
        words: list[Part] = []
        if item is not None:
            words = [(f" {item.title}  ", "strong"), item.detail]
        self.query_one("#queue-detail", Plain).show(styled(words))
        self.refresh_bindings()

    @on(RowChosen)
    def open_item(self, event: RowChosen) -> None:
        """Open what an item is about."""
        self.host.go_to(self._place_of(event.row))

    def _place_of(self, item: QueueItem) -> Place:
        from riskcockpit.views.posture import QueueKind  # noqa: PLC0415 - came with the item

        here = self.host.place
        if item.query:
            return Place("findings", item.query, here)
        match item.kind:
            case QueueKind.MODEL_ALARM | QueueKind.CHAMPION_MISSING:
                return Place("model", item.subject, Place("models", "", here))
            case QueueKind.SLA | QueueKind.DATA_ALARM:
                return Place("finding", item.subject, here)
            case QueueKind.ACTION_FAILED:
                return Place("actions", "", here)
            case QueueKind.IMPORT_HELD:
                return Place("sources", "", here)
            case QueueKind.WAIVER_REQUEST | QueueKind.WAIVER_EXPIRING:
                return Place("waiver", item.subject, Place("waivers", "", here))
            case QueueKind.ROLLBACK_REQUEST | QueueKind.GLASS_REVIEW:
                return Place("requests", item.subject, here)

    # decisions act on the item under the cursor, by the keys it names

    def _subject_for(self, key: str) -> str:
        item = self.queue.row
        return item.subject if item is not None and key in item.keys else ""

    def model_subject(self) -> str:
        """Return the model under the cursor."""
        return self._subject_for("r")

    def request_subject(self) -> str:
        """Return the request under the cursor; one's own as well, it can be withdrawn."""
        return self._subject_for("a") or self._subject_for("X")

    def waiver_subject(self) -> str:
        """Return the waiver under the cursor that ends or is suspended."""
        return self._subject_for("N")

    def subjects_of(self, action: str) -> tuple[str, ...]:
        """Return what a key would act on; what cannot be rejected is no request to reject."""
        if action == "reject" and not self._subject_for("X"):
            return ()
        return super().subjects_of(action)

    def action_approve(self) -> None:
        """Preview the approval of the request, or the release of the held import."""
        from riskcockpit.views.posture import QueueKind  # noqa: PLC0415 - came with the item

        item = self.queue.row
        if item is not None and item.kind is QueueKind.IMPORT_HELD and not self.has_slipped():
            self.consider(Release(item.subject))
        else:
            super().action_approve()

    def action_waive(self) -> None:
        """Ask for a waiver of the finding, or of all findings the item is about."""
        item, gateway = self.queue.row, self.host.gateway
        if item is None or not item.query:
            super().action_waive()
        elif not self.has_slipped():
            query = item.query
            self.ask("ids", lambda: gateway.ids(query), self.waive)

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the finding under the cursor."""
        subject = self._subject_for("w")
        return (subject,) if subject else ()

    def note_subject(self) -> str:
        """Return what a note would be about."""
        return self._subject_for("n")


def _nothing_waits(view: PostureView, frame: Frame) -> Content:
    """Say that nobody has to decide, and that this does not mean that all is well."""
    wrong = [each for each in view.pillars if each.state in (KpiState.ALARM, KpiState.WARN)]
    opened = sum(each.open_findings for each in view.pillars)
    rows: list[Content | str] = [styled([("No decision waits for you.", "strong")])]
    for each in wrong:
        mark = state_mark(each.state, frame.glyphs)
        words = f"  {each.pillar.label}: {signs(each.reason, frame.glyphs)}"
        rows.append(
            styled([(f"{each.pillar.number}", "key"), "  ", (str(mark), mark.token), words])
        )
    if opened:
        rows.append(
            styled([("f", "key"), f"  {plural(opened, 'open finding')}, none due within 24 h"])
        )
    return lines(rows)


def _exposure(view: ExposureView, frame: Frame, width: int) -> Content:
    glyphs = frame.glyphs
    is_over = view.appetite < view.mean
    parts: list[Part] = [
        (" Money at risk ", "title"),
        ("12 months  ", "muted"),
        "mean ",
        (money(view.mean, glyphs=glyphs), "alarm" if is_over else "value"),
    ]
    gap = (f" {glyphs.separator} ", "muted")
    if view.p95 is not None:
        parts += [gap, f"P95 {money(view.p95, glyphs=glyphs)}"]
    parts += [gap, f"appetite {money(view.appetite, glyphs=glyphs)}"]
    if view.waived.amount:
        parts += [gap, (f"waived {money(view.waived, glyphs=glyphs)}", "muted")]
    change: list[Part] = []
    if view.change is not None and view.change.amount:
        token = "warn" if view.change.amount > 0 else "ok"
        change = [
            ("   ", ""),
            (signed_money(view.change, glyphs), token),
            " since yesterday",
        ]
        if view.driver:
            change.append((f": {view.driver}", "muted"))
    shorter = (styled([*parts[:kept], *change]) for kept in range(len(parts), 3, -2))
    fitting = (line for line in shorter if line.cell_length <= width)
    least = styled([*parts[:4], *change])
    return next(fitting, fitted(least, width, glyphs))


def _sources(views: tuple[SourceView, ...], frame: Frame, width: int) -> Content:
    whole = _source_line(views, frame, is_long=True)
    line = whole if whole.cell_length <= width else _source_line(views, frame, is_long=False)
    return fitted(line, width, frame.glyphs)


def _source_line(views: tuple[SourceView, ...], frame: Frame, *, is_long: bool) -> Content:
    parts: list[Part] = [(" Sources  ", "title")]
    if not views:
        parts.append(("none configured: riskcockpit sources add", "muted"))
    for view in sorted(
        views, key=lambda view: ("failed", "partial").count(view.state), reverse=True
    ):
        mark = source_mark(view.state, frame.glyphs)
        parts += [f"{view.name} ", (mark.symbol, mark.token)]
        words = _source_words(view, frame)
        if view.state not in ("ok", "never") and is_long and view.message:
            words = f"{words}: {view.message}"
        parts.append((f" {words}   ", "muted"))
    return styled(parts)


def _source_words(view: SourceView, frame: Frame) -> str:
    """Return when a source last answered, and what came of the last try when it was no success."""
    if view.last_success is None:
        return "failed, no success yet" if view.state == "failed" else "not synced yet"
    since = age(view.last_success, frame.now)
    return since if view.state == "ok" else f"{view.state}, last success {since} ago"
