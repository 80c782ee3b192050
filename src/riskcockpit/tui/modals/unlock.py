"""Unlocking decisions in production: the name of the context has to be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.views.governance import DecisionPreview

if TYPE_CHECKING:  # the app imports this module
    from riskcockpit.tui.app import Cockpit


def ask_unlock(app: Cockpit) -> None:
    """Ask, and unlock after the typed word."""
    about = app.gateway.about
    preview = DecisionPreview(
        "Unlock decisions",
        "Keys that approve, waive and roll back work from now on, in production.",
        "this cockpit, until :lock or its end",
        about.context,
        about.is_production,
        (),
        "each decision still asks, and is signed by its own rule",
        (),
        (),
    )

    def answered(is_yes: bool | None) -> None:  # noqa: FBT001 - the callback's shape
        if is_yes:
            app.set_lock(is_locked=False)

    app.push_screen(ConfirmDialog(preview), answered)
