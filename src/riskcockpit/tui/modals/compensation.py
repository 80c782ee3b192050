"""The form for what compensates: live controls that watch it, and the worksheet beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from riskcockpit.domain.control import Verdict
from riskcockpit.present.columns import CONTROLS
from riskcockpit.tui.messages import JumpWanted, MarksChanged, RowChosen
from riskcockpit.tui.modals.forms import Form, Keep
from riskcockpit.tui.widgets.plain import Plain, styled
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.governance import ControlView

_FIELDS: Mapping[str, str] = {
    "constraint": "Constraint: what prevents the fix",
    "objective": "Objective: what the original control is there for",
    "objective_met": "How what compensates meets it, no less strictly",
    "additional_risk": "Additional risk, and how that is covered",
    "validation": "How it was tested that it compensates",
    "last_tested": "Last tested, as 2026-11-30",
    "next_test": "Next test, as 2027-02-28",
    "maintenance": "Who keeps it working, and how",
}
"""Field of a waiver's record → what to write there."""
_DATES = ("last_tested", "next_test")
_COLUMNS = tuple(each for each in CONTROLS if each.key in ("verdict", "id", "title"))


class CompensationForm(Form[Mapping[str, Any]]):
    """Asks which controls watch what compensates, and for the rest of the worksheet."""

    AUTO_FOCUS = "#controls"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "take", "take the control")]

    def __init__(
        self, controls: Sequence[ControlView], draft: Mapping[str, str], keep: Keep
    ) -> None:
        super().__init__("What compensates", draft, keep)
        holds = Verdict.OK.value
        self._controls = tuple(sorted(controls, key=lambda each: (each.verdict != holds, each.id)))

    @property
    def rows_beside(self) -> int:
        """The line for mistakes stands beside the fields, too."""
        return super().rows_beside + 1

    @property
    def table(self) -> RowTable[ControlView]:
        """The controls to choose from."""
        return self.query_one("#controls", RowTable)

    def compose_content(self) -> Iterable[Widget]:
        """Yield controls and fields."""
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield Plain(id="taken", classes="line dim")
            yield RowTable(_COLUMNS, lambda row: row.id, id="controls", has_head=False)
            for name, label in _FIELDS.items():
                yield from self.line(name, label)
        yield from self.foot()

    def on_mount(self) -> None:
        """Show the controls, with those of the draft taken."""
        self.table.show_rows(self._controls, self.host.frame())
        known = {each.id for each in self._controls}
        self.table.mark([name for name in self.draft.get("controls", "").split() if name in known])
        self._say_taken()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the space to whoever types."""
        del parameters
        return action != "take" or isinstance(self.focused, RowTable)

    @on(JumpWanted)
    def refuse_letters(self, event: JumpWanted) -> None:
        """Show no letters here."""
        event.stop()
        event.table.jump(None)

    @on(RowChosen)
    def go_on(self, event: RowChosen) -> None:
        """Go on to the fields."""
        event.stop()
        self.submit_all()

    def action_take(self) -> None:
        """Take the control under the cursor, or not; one that does not hold compensates nothing."""
        row = self.table.row
        if row is not None and row.verdict != Verdict.OK.value:
            word = row.verdict.replace("_", " ")
            self.complain("controls", f"{row.id} does not hold ({word}): it compensates nothing")
            return
        self.query_one("#form-mistake", Plain).show("")
        self.table.toggle_mark()

    @on(MarksChanged)
    def keep_taken(self, event: MarksChanged) -> None:
        """Say which are taken, and keep the draft."""
        self._say_taken()
        self.keep_soon(event)

    def _say_taken(self) -> None:
        taken = ", ".join(self.table.marks) or "none taken yet"
        self.query_one("#taken", Plain).show(
            styled([("Controls that watch it (", ""), ("space", "key"), (f" takes): {taken}", "")])
        )

    def fields(self) -> dict[str, str]:
        """Return what is typed and taken; nothing is worth no draft."""
        typed = {name: self.typed(name) for name in _FIELDS}
        return {**typed, "controls": " ".join(self.table.marks)}

    def complain(self, field: str, words: str) -> None:
        """Say below what is still wanted: a label may be scrolled away."""
        self.query_one("#form-mistake", Plain).show(styled([(words, "warn")]))
        self.query_one(f"#{field}").focus()

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield controls while none is taken, and the fields that are empty or no date."""
        if not self.table.marks:
            yield "controls", "at least one control has to watch what compensates"
        for name, label in _FIELDS.items():
            text = self.typed(name).strip()
            if not text:
                yield name, f"still wanted: {label}"
            elif name in _DATES and not _is_date(text):
                yield name, f"no date: {text}"

    def given(self) -> Mapping[str, Any]:
        """Return the fields of the record."""
        told = {name: self.typed(name).strip() for name in _FIELDS}
        return {**told, "controls": tuple(self.table.marks)}


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
