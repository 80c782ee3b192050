"""The app and the screen that decides, as the words of the command line see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from riskcockpit.tui.host import Host

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.tui.intents import Intent


class Desk(Protocol):
    """The screen that is seen: it asks what is still wanted, and previews."""

    def consider(self, intent: Intent, *forms: str, is_trial: bool = False) -> None:
        """Preview a decision."""
        ...

    def roll_back(
        self, model: str, to: int | None = None, comment: str = "", *, is_trial: bool = False
    ) -> None:
        """Preview the rollback of a model."""
        ...

    def ask_line(
        self,
        form: str,
        title: str,
        label: str,
        make: Callable[[str], Intent],
        *,
        is_trial: bool = False,
    ) -> None:
        """Ask for a line of text, then preview what is made of it."""
        ...

    def renew(self, waiver: str) -> None:
        """Ask until when and why a waiver is renewed, then preview it."""
        ...

    def waive_named(self, named: str, terms: Mapping[str, str], *, is_trial: bool = False) -> None:
        """Ask for what is missing in a waiver of ids or of a query."""
        ...

    def waive(
        self,
        findings: tuple[str, ...],
        terms: Mapping[str, str] | None = None,
        *,
        is_trial: bool = False,
    ) -> None:
        """Ask for reason and expiry of a waiver of these findings, then preview it."""
        ...

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the findings a waiver would be about."""
        ...

    def why_not(self, action: str) -> str:
        """Return why the key of `action` does nothing now; empty when it acts."""
        ...


class Commanded(Host, Protocol):
    """The app, as commands see it."""

    @property
    def desk(self) -> Desk:
        """The screen that asks and previews."""
        ...

    def ask_lock(self, *, is_locked: bool) -> None:
        """Lock at once; ask before unlocking production."""
        ...

    def save_view(self, name: str, query: str = "") -> None:
        """Keep a query under a name; empty: the filter of the findings."""
        ...

    def forget_view(self, name: str) -> None:
        """Forget a saved view."""
        ...

    def pull(self, names: Sequence[str]) -> None:
        """Pull these sources, or all of them."""
        ...

    def show_tour(self) -> None:
        """Show the tour."""
        ...

    def leave_cockpit(self) -> None:
        """Quit."""
        ...
