"""Unlocking decisions in production: the name of the context has to be typed."""

from __future__ import annotations

from riskcockpit.tui.api import About
from riskcockpit.tui.modals.confirm import ConfirmDialog
from riskcockpit.views.governance import DecisionPreview


def unlock_dialog(about: About) -> ConfirmDialog:
    """Return the dialog that asks whether decisions may be taken from now on."""
    return ConfirmDialog(
        DecisionPreview(
            "Unlock decisions",
            "Keys that approve, waive and roll back work from now on, in production.",
            f"this computer, for {about.unlock_for} or until :lock",
            about.context,
            about.is_production,
            (),
            "each decision still asks, and is signed by its own rule",
            (),
            (),
        )
    )
