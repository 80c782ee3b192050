"""Facts and intents that travel between widgets, screens and workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.errors import RiskcockpitError
    from riskcockpit.tui.api import About
    from riskcockpit.views.syncing import SourceProgress


class Answered(Message):
    """A worker has the answer to a question."""

    def __init__(self, topic: str, serial: int, take: Callable[[], None]) -> None:
        super().__init__()
        self.topic = topic
        """What was asked about; a newer question on the same topic makes this answer void."""
        self.serial = serial
        self.take = take
        """Hands the answer to who asked."""


class AskFailed(Message):
    """A worker could not answer."""

    def __init__(self, topic: str, serial: int, error: Exception) -> None:
        super().__init__()
        self.topic = topic
        self.serial = serial
        self.error = error


class GenerationChanged(Message):
    """The cache has a new generation."""

    def __init__(self, generation: int) -> None:
        super().__init__()
        self.generation = generation

    def can_replace(self, message: Message) -> bool:
        """Only the newest generation matters."""
        return isinstance(message, GenerationChanged)


class LedgerMoved(Message):
    """Somebody has written into the ledger."""

    def can_replace(self, message: Message) -> bool:
        """Once is enough."""
        return isinstance(message, LedgerMoved)


class LockMoved(Message):
    """Production was locked or unlocked on this computer, by any process or by its time."""

    def __init__(self, *, is_locked: bool) -> None:
        super().__init__()
        self.is_locked = is_locked

    def can_replace(self, message: Message) -> bool:
        """Only how it is now matters."""
        return isinstance(message, LockMoved)


class SettingsTouched(Message):
    """The settings file is another one."""

    def can_replace(self, message: Message) -> bool:
        """Once is enough."""
        return isinstance(message, SettingsTouched)


class SettingsRead(Message):
    """The settings were read anew, or could not be."""

    def __init__(self, outcome: About | RiskcockpitError) -> None:
        super().__init__()
        self.outcome = outcome


class SyncMoved(Message):
    """A sync that runs in any process has come further, or ended."""

    def __init__(self, progress: Sequence[SourceProgress]) -> None:
        super().__init__()
        self.progress = progress
        """Empty when none runs."""

    def can_replace(self, message: Message) -> bool:
        """Only the newest step matters."""
        return isinstance(message, SyncMoved)


class Jumpable(Protocol):
    """What letters can be shown in."""

    def jump(self, letter: str | None) -> None:
        """Go where a letter stands, or nowhere; the letters go."""
        ...


class RowMessage(Message):
    """Something about one row of a table."""

    def __init__(self, table: Widget, row: Any) -> None:
        super().__init__()
        self.table = table
        self.row = row

    @property
    def control(self) -> Widget:
        """The table it happened in."""
        return self.table


class RowChosen(RowMessage):
    """A person opened a row."""


class RowPointed(RowMessage):
    """The cursor came to a row; None when the row is not loaded yet."""


class MarksChanged(Message):
    """Other rows are marked now."""


class JumpWanted(Message):
    """A table shows letters and waits for one of them."""

    def __init__(self, table: Jumpable, letters: frozenset[str]) -> None:
        super().__init__()
        self.table = table
        self.letters = letters


class RowsWanted(Message):
    """A table needs pages it does not have."""

    def __init__(self, pages: tuple[int, ...], edition: int) -> None:
        super().__init__()
        self.pages = pages
        self.edition = edition


class SortWanted(Message):
    """A person wants the rows in the order of a column."""

    def __init__(self, column: int) -> None:
        super().__init__()
        self.column = column
        """Its number among those that are shown."""


class QueryTyped(Message):
    """A person is typing a query."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query


class FilterWanted(Message):
    """A person wants to see what matches a query."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query


class WordsTyped(Message):
    """A person is typing words that rows shall say."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class WordsKept(Message):
    """A person has typed such words, and goes to the rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the cockpit somebody is."""

    kind: str
    """A name of `screens.registry`, as `overview` or `finding`."""
    key: str = ""
    """A finding's id, a model's name, a pillar's id or a query."""
    parent: Place | None = None
    """Where `esc` leads; None leads to the overview."""
