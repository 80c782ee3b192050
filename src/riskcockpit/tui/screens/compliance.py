"""Compliance: framework → requirement → control → evidence, as a tree and as a matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual import on
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from riskcockpit.present.columns import Frame
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.evidence_lines import (
    MATRIX,
    TREE,
    EvidenceLine,
    MatrixLine,
    found_lines,
    found_parts,
    legend,
    matrix_lines,
    openable,
    requirements_of,
    summary,
    tree_lines,
)
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.paging import Pages
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.narrowing import NarrowingScreen, says
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.evidence_text import evidence_brief
from riskcockpit.tui.widgets.line_pane import LinePane
from riskcockpit.tui.widgets.narrow_bar import NarrowBar
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, styled
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.compliance import FrameworkView


class ComplianceScreen(NarrowingScreen, DecidingScreen):
    """Which requirements have evidence; the words are present, stale, absent, not automated."""

    BINDINGS = bind("compliance", "decide.undo")
    topic = "compliance"
    empty_words = (
        "No framework is known.",
        "the packs of controls name them; riskcockpit controls list shows the controls",
    )

    def __init__(self) -> None:
        super().__init__()
        self._views: tuple[FrameworkView, ...] = ()
        self._opened: frozenset[str] | None = None
        self._is_matrix = False
        self._only_faults = False
        self._wanted = ""

    def compose_body(self) -> Iterable[Widget]:
        """Yield summary, tree, matrix, and what the line under the cursor is about."""
        yield Plain(id="evidence-line", classes="line")
        yield NarrowBar()
        with Container(id="split"):
            yield RowTable(TREE, lambda line: line.key, id="tree")
            yield RowTable(MATRIX, lambda line: line.key, id="matrix")
            yield LinePane(id="readings")
        yield Plain(id="counts")

    @property
    def requirements(self) -> RowTable[EvidenceLine]:
        """The tree."""
        return self.query_one("#tree", RowTable)

    @property
    def matrix(self) -> RowTable[MatrixLine]:
        """The matrix."""
        return self.query_one("#matrix", RowTable)

    def show_place(self, place: Place) -> None:
        """Remember which framework to open."""
        if place.key:
            self._wanted, self._is_matrix, self._only_faults = place.key, False, False

    def refresh_data(self) -> None:
        """Ask how the evidence stands."""
        self.ask("compliance", self.host.gateway.compliance, self._take)

    def _take(self, views: tuple[FrameworkView, ...]) -> None:
        self._views = views
        if not views:
            self.enter(Load.EMPTY)
            return
        if self._opened is None:
            self._opened = frozenset({views[0].id}) if len(views) == 1 else frozenset()
        known = {view.id for view in views}
        wanted, self._wanted = self._wanted, ""
        if wanted in known:
            self._opened |= {wanted}
        elif wanted:
            self.host.tell(f"no framework {wanted}: {', '.join(sorted(known))}", severity="warning")
        self.enter(Load.LOADED)
        self._draw(wanted if wanted in known else "")

    def _draw(self, go_to: str = "") -> None:
        frame = self.host.frame()
        before = go_to or (self.requirements.row.key if self.requirements.row is not None else "")
        lines, rows = self._lines_wanted(frame)
        self.requirements.show(
            Pages.whole(lines), frame, _index(lines, before, self.requirements.cursor)
        )
        part = self.matrix.row.key if self.matrix.row is not None else ""
        self.matrix.show(Pages.whole(rows), frame, _index(rows, part, self.matrix.cursor))
        self.requirements.display, self.matrix.display = not self._is_matrix, self._is_matrix
        self.focus_rows()
        self._draw_words()
        self.refresh_bindings()

    def _lines_wanted(
        self, frame: Frame
    ) -> tuple[tuple[EvidenceLine, ...], tuple[MatrixLine, ...]]:
        """Return the lines of tree and matrix; with words those that say them, all unfolded."""
        rows = matrix_lines(self._views, only_faults=self._only_faults)
        opened = openable(self._views) if self.words else self._opened or frozenset()
        lines = tree_lines(self._views, opened, only_faults=self._only_faults)
        if not self.words:
            total = sum(len(view.requirements) for view in self._views)
            self.tell_narrowed(total, total)
            return lines, rows

        def fits(said: str) -> bool:
            return says(said, self.words)

        found, parts = found_lines(lines, fits, frame), found_parts(rows, fits)
        if self._is_matrix:
            self.tell_narrowed(len(parts), len(rows))
        else:
            self.tell_narrowed(requirements_of(found), requirements_of(lines))
        return found, parts

    @property
    def rows_table(self) -> RowTable[Any]:
        """The tree or the matrix, whichever is seen."""
        return self.matrix if self._is_matrix else self.requirements

    def redraw_rows(self) -> None:
        """Draw the lines that say the words."""
        if self.is_drawn:
            self._draw()

    def _draw_words(self) -> None:
        frame = self.host.frame()
        head: list[Part] = [(f" {summary(self._views)}", "strong")]
        line = styled(head)
        self.query_one("#evidence-line", Plain).show(
            fitted(line, self.size.width, self.host.glyphs)
        )
        parts: list[Part] = []
        if self._only_faults:
            parts.append((" only what lacks something: ! shows all   ", "warn"))
        parts += legend(frame)
        self.query_one("#counts", Plain).show(styled(parts))

    def redraw(self) -> None:
        """Let ages move on."""
        if self.load in (Load.LOADED, Load.STALE):
            self.requirements.retime(self.host.frame())
            self.follow()

    def on_resize(self) -> None:
        """Fit the sentence to the new width."""
        super().on_resize()
        if self._views:
            self._draw_words()

    @on(RowPointed)
    def follow(self) -> None:
        """Say in full what the line under the cursor is about."""
        pane = self.query_one("#readings", LinePane)
        row = self.requirements.row
        pane.display = not self._is_matrix
        if row is not None:
            frame = self.host.frame()
            pane.show(lambda width: evidence_brief(row, frame, width))
        else:
            pane.show(lambda _: [Content("")])

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer opening and closing only in the tree."""
        if action in ("unfold", "fold", "unfold_all"):
            return not self._is_matrix and not self.words
        return super().check_action(action, parameters)

    @on(RowChosen, "#tree")
    def choose(self, event: RowChosen) -> None:
        """Open a control; open or close what lies under any other line."""
        row: EvidenceLine = event.row
        if row.control:
            self.host.go_to(Place("control", row.control, self.host.place))
        elif self.words:  # all is unfolded: it is shown among what it stands with
            self._opened = (self._opened or frozenset()) | {row.key, row.parent}
            self.show_all()
        elif row.is_open is not None:
            self._set_open(row.key, is_open=not row.is_open)

    @on(RowChosen, "#matrix")
    def choose_part(self, event: RowChosen) -> None:
        """Show the part in the tree."""
        row: MatrixLine = event.row
        self._is_matrix = False
        self._opened = (self._opened or frozenset()) | {row.framework}
        self._draw(row.key)

    def _set_open(self, key: str, *, is_open: bool) -> None:
        opened = self._opened or frozenset()
        self._opened = opened | {key} if is_open else opened - {key}
        self._draw()

    def action_unfold(self) -> None:
        """Show what lies under the line; when it is shown, go there."""
        row = self.requirements.row
        if row is None:
            return
        if row.is_open is False:
            self._set_open(row.key, is_open=True)
        elif row.is_open or row.about is None:
            self.requirements.move(self.requirements.cursor + 1)
        elif row.control:
            self.host.go_to(Place("control", row.control, self.host.place))

    def action_fold(self) -> None:
        """Hide what lies under the line; when it is hidden, go to the line above it."""
        row = self.requirements.row
        if row is None:
            return
        if row.is_open:
            self._set_open(row.key, is_open=False)
        elif (parent := self.requirements.position(row.parent)) is not None:
            self.requirements.move(parent)

    def action_unfold_all(self) -> None:
        """Show everything; again hides all but the frameworks."""
        everything = openable(self._views)
        self._opened = frozenset() if self._opened == everything else everything
        self._draw()

    def action_matrix(self) -> None:
        """Show the matrix, or the tree again."""
        self._is_matrix = not self._is_matrix
        self._draw()

    def action_faults(self) -> None:
        """Show only what lacks something, or everything again."""
        self._only_faults = not self._only_faults
        if self._only_faults and not self._is_matrix:
            self._opened = (self._opened or frozenset()) | {view.id for view in self._views}
        self._draw()

    def step_back(self) -> bool:
        """Leave the words, the faults, then the matrix; False when there is nothing left."""
        if super().step_back():
            return True
        if self._only_faults:
            self.action_faults()
            return True
        if self._is_matrix:
            self.action_matrix()
            return True
        return False


def _index(rows: Sequence[EvidenceLine | MatrixLine], key: str, cursor: int) -> int:
    """Return where `key` is, else where the cursor was."""
    found = next((i for i, row in enumerate(rows) if row.key == key), None)
    return min(cursor, max(0, len(rows) - 1)) if found is None else found
