"""The ledger: every decision and receipt, and whether it verifies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.widget import Widget

from riskcockpit.present.columns import LEDGER
from riskcockpit.present.text import plural, stamp
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import RowChosen
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, styled
from riskcockpit.views.governance import LedgerRow, VerifyReport

_NEWEST = 2_000


class LedgerScreen(ListScreen[LedgerRow]):
    """The newest entries, newest first."""

    BINDINGS = bind("ledger", "decide.undo")
    topic = "the ledger"
    empty_words = (
        "The ledger has no entries yet.",
        "decisions and receipts appear here, each signed: riskcockpit whoami",
    )
    columns = LEDGER

    def compose_body(self) -> Iterable[Widget]:
        """Yield the state of the signatures over the entries."""
        yield Plain(
            styled(
                [
                    (" not verified in this session  ", "muted"),
                    ("V", "key"),
                    (" verifies now", "muted"),
                ]
            ),
            id="verified",
            classes="line",
        )
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

    def action_verify(self) -> None:
        """Check every signature."""
        dots = self.host.glyphs.ellipsis
        self.query_one("#verified", Plain).show(styled([(f" verifying {dots}", "muted")]))
        self.ask("verify", self.host.gateway.verify, self._take_verified)

    def _take_verified(self, report: VerifyReport) -> None:
        glyphs = self.host.glyphs
        size = f"{plural(report.entries, 'entry', 'entries')} in {plural(report.chains, 'chain')}"
        parts: list[Part]
        if report.is_ok:
            parts = [
                (f" {glyphs.ok} VERIFIED  ", "ok"),
                f"{size}, {plural(report.checkpoints, 'checkpoint')}",
                (f"  {stamp(self.host.frame().now)}", "muted"),
            ]
        else:
            first = report.problems[0]
            place = first.chain if first.entry is None else f"{first.chain} entry {first.entry}"
            parts = [
                (f" {glyphs.alarm} DOES NOT VERIFY  ", "alarm"),
                f"{plural(len(report.problems), 'problem')}: {place[:40]}: {first.why[:200]}",
            ]
        line = styled(parts)
        self.query_one("#verified", Plain).show(fitted(line, self.size.width, self.host.glyphs))

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
            ("data", row.data),
        ]
        self.app.push_screen(RowDialog("Ledger entry", facts))
