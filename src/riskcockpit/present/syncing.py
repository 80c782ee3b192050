"""How far a sync has come, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskcockpit.present.text import count, duration, plural

if TYPE_CHECKING:  # the first frame does without
    from riskcockpit.views.syncing import SourceProgress


def progress_text(progress: SourceProgress) -> str:
    """Return `reading 1,200 of 5,000 rows, about 2 min left`; what is not known is left out."""
    if not progress.rows:
        return progress.step
    rows = plural(progress.rows, "row")
    if progress.expected >= progress.rows:
        rows = f"{count(progress.rows)} of {plural(progress.expected, 'row')}"
    eta = progress.eta_seconds
    left = "" if eta is None else f", about {duration(eta)} left"
    return f"{progress.step} {rows}{left}"
