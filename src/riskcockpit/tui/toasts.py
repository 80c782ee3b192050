"""A toast always has some time to live.

Textual (8.2) takes the time that is left of a notification when it makes its toast. When that ran
out in this very moment it is below zero, and a timer of negative length never gives the event loop
back: the cockpit would stand still for good.
"""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

from textual.notifications import Notification
from textual.widgets._toast import Toast

_LEAST_SECONDS = 0.05


def give_toasts_time() -> None:
    """Let no toast have less than a moment; once for the process."""
    begin = Toast.__init__
    if hasattr(begin, "__wrapped__"):
        return

    @wraps(begin)
    def begun(toast: Toast, notification: Notification) -> None:
        lacks = max(0.0, _LEAST_SECONDS - notification.time_left)
        begin(toast, replace(notification, timeout=notification.timeout + lacks))

    Toast.__init__ = begun  # type: ignore[method-assign, assignment]
