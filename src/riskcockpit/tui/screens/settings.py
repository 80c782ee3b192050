"""Settings: themes, contexts, lists, keys; what is chosen here holds until the cockpit closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual import on
from textual.widget import Widget

from riskcockpit.config.settings import ListSettings
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.lists import LISTS, columns_of, sortable
from riskcockpit.tui.bindings import KEYS, SCOPES, Key
from riskcockpit.tui.messages import RowChosen
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.tui.theme import THEMES
from riskcockpit.tui.widgets.cell_text import cut
from riskcockpit.tui.widgets.plain import Plain, fitted, styled

_ENTER = " enter tries a theme, or says what to write into "
_LEAST_FILE = 20
"""Cells that the end of the path takes at least."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line: a theme, a context or a key."""

    group: str
    """`theme`, `context`, `list`, or the scope of a key."""
    name: str
    value: str
    words: str
    is_on: bool = False
    """It is in force, or was moved by the settings."""

    @property
    def key(self) -> str:
        """Unique in the list."""
        return f"{self.group}/{self.name}"


def _value(row: Setting, frame: Frame) -> Cell:
    sign = {True: f"{frame.glyphs.ok} ", False: "  "}[row.is_on]
    return Cell(f"{sign}{row.value}", "ok" if row.is_on else "")


SETTINGS: tuple[Column[Setting], ...] = (
    Column("group", "what", lambda row, _: Cell(row.group, "muted"), 11, rank=0),
    Column("name", "name", lambda row, _: Cell(row.name), 22, rank=0),
    Column("value", "value", _value, 16, grow=1, rank=0),
    Column("words", "what it is for", lambda row, _: Cell(row.words), 16, grow=3, rank=1),
)


def _key(key: Key, moved: Mapping[str, str]) -> Setting:
    keys = " ".join(key.read_in(moved))
    is_moved = key.id in moved
    words = f"{key.words} (moved from {key.all_shown})" if is_moved else key.words
    return Setting(SCOPES[key.scope].lower(), key.id, keys, words, is_moved)


def _list(name: str, wanted: ListSettings | None) -> Setting:
    if wanted is None:
        return Setting("list", name, "all columns", "columns and order; enter says which there are")
    columns = " ".join(wanted.columns) or "all columns"
    words = f"sorted by {wanted.sort}" if wanted.sort else "in its own order"
    return Setting("list", name, columns, words, is_on=True)


class SettingsScreen(ListScreen[Setting]):
    """What can be set for the cockpit, and how to keep it."""

    topic = "the settings"
    columns = SETTINGS

    def compose_body(self) -> Iterable[Widget]:
        """Yield where the settings are, and the list."""
        yield Plain(id="settings-file", classes="line")
        yield from super().compose_body()

    def identify(self, row: Setting) -> str:
        """Return the line's key."""
        return row.key

    def question(self) -> Sequence[Setting]:
        """Return every line; nothing is asked of anybody."""
        about, theme = self.host.gateway.about, self.host.theme_name
        themes = [
            Setting("theme", name, "in force" if name == theme else "enter takes it", words,
                    name == theme)
            for name, (_, words) in THEMES.items()
        ]  # fmt: skip
        here = Setting("context", about.context, "here", about.file, is_on=True)
        others = [
            Setting("context", name, "enter goes there", home)
            for name, home in about.contexts.items()
        ]
        lists = [_list(name, self.host.lists.get(name)) for name in LISTS]
        keys = [_key(key, self.host.keymap) for key in KEYS]
        return (*themes, here, *others, *lists, *keys)

    def take_rows(self, rows: Sequence[Setting]) -> None:
        """Draw the lines, and where to keep a choice."""
        super().take_rows(rows)
        width, glyphs = self.size.width, self.host.glyphs
        file = self.host.gateway.about.file or "riskcockpit.yaml"
        room = max(_LEAST_FILE, width - len(_ENTER) - 1)
        if cell_len(file) > room:
            file = cut(file, room, Align.LEFT, glyphs.ellipsis, is_end_kept=True)
        line = styled([(_ENTER, "muted"), (file, "strong"), ("; changes count at once", "muted")])
        self.query_one("#settings-file", Plain).show(fitted(line, width, glyphs))

    @on(RowChosen)
    def choose(self, event: RowChosen) -> None:
        """Take a theme, go to a context, or say how to move a key."""
        row: Setting = event.row
        if row.group == "theme":
            self.host.set_theme(row.name)
            self.host.tell(f"to keep it: cockpit: theme: {row.name}", title="theme")
            self.refresh_data()
        elif row.group == "context":
            self.host.switch_context(row.name)
        elif row.group == "list":
            self._explain_list(row)
        else:
            self._explain(row)

    def _explain_list(self, row: Setting) -> None:
        from riskcockpit.tui.modals.says import RowDialog  # noqa: PLC0415 - rarely needed

        known = [column.key for column in columns_of(row.name)]
        first, sort = ", ".join(known[:3]), sortable(row.name)[0]
        example = (
            f"cockpit:\n  lists:\n    {row.name}:\n      columns: [{first}]\n      sort: -{sort}"
        )
        facts = [
            ("list", row.name),
            ("shows", row.value),
            ("order", row.words if row.is_on else "its own"),
            ("columns", ", ".join(known)),
            ("sorts by", ", ".join(sortable(row.name))),
            ("to set it", example),
            ("write it in", self.host.gateway.about.file),
        ]
        self.app.push_screen(RowDialog("List", facts))

    def _explain(self, row: Setting) -> None:
        from riskcockpit.tui.modals.says import RowDialog  # noqa: PLC0415 - rarely needed

        facts = [
            ("key", row.value),
            ("does", row.words),
            ("id", row.name),
            ("to move it", f'cockpit:\n  keys:\n    {row.name}: "ctrl+f"'),
            ("write it in", self.host.gateway.about.file),
        ]
        self.app.push_screen(RowDialog("Key", facts))
