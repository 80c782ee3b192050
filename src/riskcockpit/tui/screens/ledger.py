"""The ledger: every decision and receipt, and whether it verifies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from textual import on
from textual.content import Content
from textual.widget import Widget

from riskcockpit.present.columns import LEDGER, Cell, Column, Frame
from riskcockpit.present.text import count, plural, stamp
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import RowChosen
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, lines, styled
from riskcockpit.views.governance import LedgerProblem, LedgerRow, VerifyReport
from riskcockpit.views.posture import PostureView

_NEWEST = 2_000
_PLACE = 60
"""Cells that the place of a problem takes at most."""


class LedgerScreen(ListScreen[LedgerRow]):
    """The newest entries, newest first."""

    BINDINGS = bind("ledger", "decide.undo")
    topic = "the ledger"
    empty_words = (
        "The ledger has no entries yet.",
        "decisions and receipts appear here, each signed: riskcockpit whoami",
    )
    list_name = "ledger"
    columns = LEDGER

    def __init__(self) -> None:
        super().__init__()
        self._faults: Column[LedgerRow] = Column("fault", "", self._fault, 1, rank=0)
        self._report: VerifyReport | None = None
        self._verified_at: datetime | None = None
        self._posture_then: PostureView | None = None
        """What was known when the report came."""
        self._was_ok: bool | None = None
        """What the header said of the ledger at first after that; None: nothing yet."""
        self._is_verifying = False

    def compose_body(self) -> Iterable[Widget]:
        """Yield the state of the signatures and what does not verify over the entries."""
        yield Plain(id="verified", classes="line")
        yield Plain(id="problems", classes="text")
        yield from super().compose_body()

    def identify(self, row: LedgerRow) -> str:
        """Return the entry's hash."""
        return row.hash

    def question(self) -> Sequence[LedgerRow]:
        """Ask for the entries."""
        return self.host.gateway.ledger(_NEWEST)

    def take_ledger(self) -> None:
        """Show what was written."""
        super().take_ledger()
        self.refresh_data()
        self.refresh_posture()

    def action_verify(self) -> None:
        """Check every signature."""
        self._is_verifying = True
        self._say()
        self.ask("verify", self.host.gateway.verify, self._take_verified)

    def fail(self, topic: str, error: Exception) -> None:
        """Say what failed; nobody verifies any more."""
        self._is_verifying = self._is_verifying and topic != "verify"
        super().fail(topic, error)

    def _take_verified(self, report: VerifyReport) -> None:
        self._is_verifying = False
        self._report, self._verified_at = report, self.host.frame().now
        self._posture_then, self._was_ok = self.host.posture, None
        self.table.retime(self.host.frame())
        self._say()
        first = next((self.identify(row) for row in self._rows if self._why_not(row)), "")
        if (at := self.table.position(first)) is not None:
            self.table.move(at)
        self.refresh_posture()  # header and banner say the same

    def take_choice(self) -> None:
        """Draw the columns that the settings choose behind the signs of what does not verify."""
        settings = self.host.lists.get(self.list_name)
        names = () if settings is None else settings.columns
        shown: Sequence[Column[LedgerRow]] = LEDGER
        if names:
            from riskcockpit.present.lists import chosen  # noqa: PLC0415 - few choose columns

            shown = chosen(LEDGER, names)
        self.table.choose((self._faults, *shown))
        self.table.chosen_column = max(1, self.table.chosen_column)

    def can_sort(self, column: Column[LedgerRow]) -> bool:
        """Return whether rows can be sorted by a column: not by the signs."""
        return column is not self._faults

    def draw_lines(self) -> None:
        """Draw the lines around, and what is known of the signatures."""
        super().draw_lines()
        if self.is_mounted:
            self._say()

    # what is known of the signatures

    def _why_not(self, row: LedgerRow) -> str:
        """Return why an entry does not verify; empty when it does or nobody has looked."""
        known = () if self._report is None else self._report.problems
        found = (each.why for each in known if (each.chain, each.entry) == (row.chain, row.seq))
        return "; ".join(found)

    def _fault(self, row: LedgerRow, frame: Frame) -> Cell:
        return Cell(frame.glyphs.alarm, "alarm") if self._why_not(row) else Cell("")

    def _mind_header(self) -> None:
        """Let the report be void once the header has learnt otherwise.

        The report also looks at the files of the policy, so the two may differ from the start.
        """
        posture, report = self.host.posture, self._report
        if report is None or posture is None or posture is self._posture_then:
            return
        is_ok = posture.ledger.is_ok
        if self._was_ok is None:
            self._was_ok = is_ok
        if is_ok != self._was_ok or (report.is_ok and not is_ok):
            self._report = None
            self.table.retime(self.host.frame())

    def _say(self) -> None:
        self._mind_header()
        width, glyphs = self.size.width, self.host.glyphs
        said = styled([*self._older(), *self._state()])
        self.query_one("#verified", Plain).show(fitted(said, width, glyphs))
        problems = self.query_one("#problems", Plain)
        problems.show(lines(self._problems(width)))
        problems.display = bool(problems.text)

    def _state(self) -> list[Part]:
        glyphs, posture, report = self.host.glyphs, self.host.posture, self._report
        if self._is_verifying:
            return [(f" verifying {glyphs.ellipsis}", "muted")]
        if report is not None and self._verified_at is not None:
            size = (
                f"{plural(report.entries, 'entry', 'entries')} in {plural(report.chains, 'chain')}"
            )
            when: Part = (f"  {stamp(self._verified_at)}", "muted")
            if report.is_ok:
                checkpoints = plural(report.checkpoints, "checkpoint")
                return [(f" {glyphs.ok} VERIFIED  ", "ok"), f"{size}, {checkpoints}", when]
            found = f"{plural(len(report.problems), 'problem')} among {size}"
            return [(f" {glyphs.alarm} DOES NOT VERIFY  ", "alarm"), found, when]
        if posture is not None and not posture.ledger.is_ok:
            return [
                (f" {glyphs.alarm} DOES NOT VERIFY  ", "alarm"),
                ("V", "key"), (" shows every problem and marks the entries", "muted"),
            ]  # fmt: skip
        said = "" if posture is None else "verified when last read  "
        return [(f" {said}", "muted"), ("V", "key"), (" verifies every signature now", "muted")]

    def _older(self) -> list[Part]:
        """Say what is not listed, and so not searched either."""
        posture = self.host.posture
        if posture is None or len(self._rows) < _NEWEST or posture.ledger.entries <= _NEWEST:
            return []
        return [(f" newest {count(_NEWEST)} of {count(posture.ledger.entries)}  ", "warn")]

    def _problems(self, width: int) -> list[Content]:
        """Return a line for each problem, as many as leave room for the entries."""
        known = () if self._report is None else self._report.problems
        most = max(2, self.size.height // 4)
        shown = known if len(known) <= most else known[: most - 1]
        out = [fitted(styled([_problem(each)]), width, self.host.glyphs) for each in shown]
        if len(known) > len(shown):
            left = len(known) - len(shown)
            out.append(styled([(f"   and {left} more: riskcockpit ledger verify", "muted")]))
        return out

    @on(RowChosen)
    def open_entry(self, event: RowChosen) -> None:
        """Show the whole entry."""
        from riskcockpit.tui.modals.says import RowDialog  # noqa: PLC0415 - rarely needed

        row: LedgerRow = event.row
        facts = [
            ("entry", row.type),
            ("when", stamp(row.ts)),
            ("actor", row.actor),
            ("what", row.summary),
            ("subject", row.subject),
            ("chain", f"{row.chain} seq {row.seq}"),
            ("hash", row.hash),
            ("problem", self._why_not(row)),
            ("data", row.data),
        ]
        self.app.push_screen(RowDialog("Ledger entry", facts))


def _problem(problem: LedgerProblem) -> str:
    place = problem.chain if problem.entry is None else f"{problem.chain} entry {problem.entry}"
    return f"   {place[:_PLACE]}: {problem.why}"
