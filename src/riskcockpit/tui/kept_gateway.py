"""The part of the door to the services that keeps things between runs: views, commands, drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported when first used
    from riskcockpit.services.context import Context


class KeptGateway:
    """Keeps what `kept_api.KeptApi` says."""

    _ctx: Context

    def save_view(self, name: str, query: str) -> None:
        """Keep a query under a name."""
        from riskcockpit.services.saved_views import save_view  # noqa: PLC0415 - when first used

        save_view(self._ctx, name, query)

    def forget_view(self, name: str) -> None:
        """Forget a view that was saved."""
        from riskcockpit.services.saved_views import forget_view  # noqa: PLC0415 - when first used

        forget_view(self._ctx, name)

    def commands(self) -> tuple[str, ...]:
        """Return the commands of earlier runs."""
        from riskcockpit.services import memory  # noqa: PLC0415 - when first used

        return memory.commands(self._ctx.paths)

    def remember_command(self, text: str) -> None:
        """Keep a command for later runs."""
        from riskcockpit.services import memory  # noqa: PLC0415 - when first used

        memory.remember_command(self._ctx.paths, text)

    def draft(self, form: str) -> Mapping[str, str]:
        """Return what was typed into a form and not sent."""
        from riskcockpit.services import memory  # noqa: PLC0415 - when first used

        return memory.draft(self._ctx.paths, form)

    def keep_draft(self, form: str, fields: Mapping[str, str]) -> None:
        """Keep what is typed into a form."""
        from riskcockpit.services import memory  # noqa: PLC0415 - when first used

        memory.keep_draft(self._ctx.paths, form, fields)
