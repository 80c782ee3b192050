"""What the cockpit keeps between runs: views, commands, drafts; part of `api.GatewayApi`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class KeptApi(Protocol):
    """Views that are saved, commands and drafts."""

    def save_view(self, name: str, query: str) -> None:
        """Keep a query under a name.

        Raises:
            InputError: the name is none, or the settings have it.
        """
        ...

    def forget_view(self, name: str) -> None:
        """Forget a view that was saved.

        Raises:
            UnknownNameError: there is none of that name, or it is in the settings.
        """
        ...

    def commands(self) -> tuple[str, ...]:
        """Return the commands of earlier runs, the oldest first."""
        ...

    def remember_command(self, text: str) -> None:
        """Keep a command for later runs."""
        ...

    def draft(self, form: str) -> Mapping[str, str]:
        """Return what was typed into a form and not sent: field → text."""
        ...

    def keep_draft(self, form: str, fields: Mapping[str, str]) -> None:
        """Keep what is typed into a form, so that it outlives a crash; empty: forget it."""
        ...
