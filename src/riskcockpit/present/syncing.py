"""How far a sync has come, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskcockpit.present.text import count, duration, plural

if TYPE_CHECKING:  # the first frame does without
    from riskcockpit.views.syncing import SourceProgress


def progress_text(progress: SourceProgress) -> str:
    """Return `reading 1,200 of 5,000 rows, 12 pages, about 2 min left`; the unknown is left out."""
    counts = (
        _counted(progress.rows, progress.expected, "row"),
        _counted(progress.pages, progress.expected_pages, "page"),
    )
    eta = progress.eta_seconds
    left = "" if eta is None else f"about {duration(eta)} left"
    told = ", ".join(filter(None, (*counts, left)))
    return f"{progress.step} {told}".rstrip()


def _counted(done: int, whole: int, noun: str) -> str:
    if not done:
        return ""
    return f"{count(done)} of {plural(whole, noun)}" if whole >= done else plural(done, noun)
