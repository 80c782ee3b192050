"""What lists share: the columns somebody chose, and the key that sorts by one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on

from riskcockpit.present.columns import Column
from riskcockpit.tui.messages import SortWanted
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.widgets.row_table import RowTable


class SortingScreen(DecidingScreen):
    """A screen with one table whose columns can be chosen and sorted by."""

    list_name: ClassVar[str] = ""
    """Its name in the settings (`cockpit.lists`); empty: its columns cannot be chosen there."""
    columns: ClassVar[Sequence[Column[Any]]] = ()
    """All columns there are."""
    own_sort: ClassVar[str] = ""
    """The order of the list when nobody wants another, by the name of a column; empty: as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted_sort: str | None = None
        """What a key chose; None: what the settings say."""

    @property
    def table(self) -> RowTable[Any]:
        """The table."""
        raise NotImplementedError

    @property
    def sort(self) -> str:
        """What rows are sorted by, `-` in front for the greatest first; empty: as they are."""
        if self.wanted_sort is not None:
            return self.wanted_sort
        settings = self.host.lists.get(self.list_name)
        return (settings.sort if settings else "") or self.own_sort

    @property
    def has_rows(self) -> bool:
        """Whether a row is seen, or rows are on their way."""
        return not self.is_blank and (not self.is_drawn or self.table.total > 0)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer an order only where there are rows."""
        if action in ("column", "sort") and not self.has_rows:
            return False
        return super().check_action(action, parameters)

    def resort(self) -> None:
        """Show the rows in the order wanted now."""
        raise NotImplementedError

    def take_choice(self) -> None:
        """Draw the columns that the settings choose."""
        settings = self.host.lists.get(self.list_name)
        if settings is None or not settings.columns:
            self.table.choose(self.columns)
            return
        from riskcockpit.present.lists import chosen  # noqa: PLC0415 - few choose columns

        self.table.choose(chosen(self.columns, settings.columns))

    def chosen_column(self) -> Column[Any]:
        """Return the column a key would sort by."""
        columns = self.table.columns_shown()
        return columns[min(self.table.chosen_column, len(columns) - 1)]

    def action_column(self, step: int) -> None:
        """Choose the column to sort by."""
        table, columns = self.table, self.table.columns_shown()
        table.chosen_column = (table.chosen_column + step) % len(columns)
        table.shows_column = True
        table.refresh()

    def action_sort(self) -> None:
        """Sort by the chosen column, the greatest first; again reverses."""
        self.table.shows_column = True
        column = self.chosen_column()
        if not self.can_sort(column):
            self.host.tell(f"{self.topic} cannot be sorted by {column.title or column.key}")
            return
        reverse = f"-{column.key}"
        self.wanted_sort = column.key if self.sort == reverse else reverse
        self.resort()

    @on(SortWanted)
    def sort_by(self, event: SortWanted) -> None:
        """Sort by the column whose title was clicked; again reverses."""
        event.stop()
        if self.table.total:
            self.table.chosen_column = event.column
            self.action_sort()

    def can_sort(self, column: Column[Any]) -> bool:
        """Return whether rows can be sorted by a column."""
        del column
        return True
