"""What a SARIF run says of itself: when it ran, whether it ended well, over which repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from riskcockpit.formats import wording
from riskcockpit.formats.moments import moment
from riskcockpit.formats.sarif.messages import first_text
from riskcockpit.formats.sarif.model import Invocation


def scanned_at(invocations: Sequence[Invocation]) -> datetime | None:
    """Return when the last invocation ended, aware UTC; None when none says."""
    ends = (moment(one.end_time_utc or one.start_time_utc) for one in invocations)
    return max(filter(None, ends), default=None)


def is_successful(invocations: Sequence[Invocation]) -> bool | None:
    """Return whether all invocations succeeded; None when one does not say."""
    answers = [invocation.execution_successful for invocation in invocations]
    if False in answers:
        return False
    return True if answers and None not in answers else None


def errors(invocations: Sequence[Invocation]) -> Iterator[str]:
    """Yield what went wrong, a line each."""
    for invocation in invocations:
        if invocation.process_start_failure_message:
            yield wording.title(invocation.process_start_failure_message)
        if invocation.exit_signal_name:
            yield f"ended by {wording.name(invocation.exit_signal_name)}"
        for notification in (
            *(invocation.tool_execution_notifications or ()),
            *(invocation.tool_configuration_notifications or ()),
        ):
            if notification.level == "error":
                yield wording.title(first_text(notification.message)) or "an error without a text"
