"""How every decision is taken: subject → form → preview → yes → signed → what came of it."""

from __future__ import annotations

from riskcockpit.tui.screens.place import PlaceScreen


class DecidingScreen(PlaceScreen):
    """A screen on which decisions can be taken about what the cursor is on."""

    def model_subject(self) -> str:
        """Return the model a rollback would be about; empty when there is none."""
        return ""

    def request_subject(self) -> str:
        """Return the request an approval would be about; empty when there is none."""
        return ""

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the findings a waiver would be about."""
        return ()

    def note_subject(self) -> str:
        """Return what a note would be about; empty when there is nothing."""
        return ""
