"""Passing notes: harmless text, and never over a question that waits for a yes."""

from __future__ import annotations

from textual.app import App
from textual.notifications import Notification

from riskcockpit.domain.untrusted import clean_line, clean_text
from riskcockpit.tui.outcomes import Severity

_LEAST_SECONDS = 2.0
"""How long a note that comes back is shown at least."""


class Noting(App[int]):
    """An app whose notes wait while something is asked that must be read whole."""

    _questions = 0
    _waiting: tuple[Notification, ...] = ()

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: Severity = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Show a passing note; never as markup, and harmless, whoever asks."""
        del markup
        message, title = clean_text(message), clean_line(title)
        if self._questions:
            seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
            self._waiting += (Notification(message, title, severity, seconds),)
            return
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def hold_notes(self) -> None:
        """Let no note lie over what is asked now, until `release_notes`; those seen come again."""
        self._questions += 1
        self.call_later(self._take_seen)  # behind notes that are on their way

    def _take_seen(self) -> None:
        if self._questions and self._notifications:
            seen = list(self._notifications)
            self._waiting = (*(_resting(each) for each in seen), *self._waiting)
            self.clear_notifications()

    def release_notes(self) -> None:
        """Show the notes that waited, once nothing is asked any more."""
        self._questions -= 1
        if self._questions:
            return
        waiting, self._waiting = self._waiting, ()
        for each in waiting:
            self.notify(
                each.message, title=each.title, severity=each.severity, timeout=each.timeout
            )


def _resting(note: Notification) -> Notification:
    """Return a note whose time stands still until it comes again."""
    seconds = max(_LEAST_SECONDS, note.time_left)
    return Notification(note.message, note.title, note.severity, seconds)
