"""A source in words: its health, and how far a sync has come with it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.present.columns import Frame
from riskcockpit.present.syncing import progress_text
from riskcockpit.present.text import age, count, plural, source_mark, stamp
from riskcockpit.tui.widgets.finding_text import fact
from riskcockpit.tui.widgets.plain import Part, fitted, styled
from riskcockpit.views.posture import SourceView
from riskcockpit.views.syncing import SourceProgress

_BAR = 20
_PARTIAL = "some of it is missing or old: what is here counts, and nothing is closed by what is not"


def source_brief(row: SourceView, frame: Frame, width: int) -> list[Content]:
    """Return all that is known of a source."""
    mark = source_mark(row.state, frame.glyphs)
    read = f"{plural(row.rows, 'row')}" + (f" in {plural(row.pages, 'page')}" if row.pages else "")
    success = f"{age(row.last_success, frame.now)} ago, {stamp(row.last_success)}"
    attempt = f"{age(row.last_attempt, frame.now)} ago"
    out = [
        styled([(row.name, "strong"), f"  {row.kind}  ", (str(mark), mark.token)]),
        *fact("success", success if row.last_success else "never", width),
        *fact("attempt", attempt if row.last_attempt else "never", width),
        *fact("read", read, width),
        *fact("not whole", "the last pass did not read everything" * row.is_truncated, width),
        *fact("partial", _PARTIAL * (row.state == "partial"), width),
    ]
    if row.progress is not None:
        out.append(styled([("now         ", "muted"), *_step(row.progress, frame)]))
    return [*out, *fact("message", row.message, width), *fact("hint", row.hint, width)]


def sync_line(progress: Sequence[SourceProgress], frame: Frame, width: int) -> Content:
    """Return how far a sync has come, the slowest source first."""
    parts: list[Part] = [(" Syncing  ", "title")]
    for one in sorted(progress, key=lambda one: -(one.eta_seconds or 0.0)):
        parts += [(f"{one.name} ", "strong"), *_step(one, frame), "   "]
    return fitted(styled(parts), width, frame.glyphs)


def _step(progress: SourceProgress, frame: Frame) -> list[Part]:
    text = progress_text(progress)
    if progress.expected < max(1, progress.rows):
        return [text]
    full, rest = ("#", ".") if frame.glyphs.is_ascii else ("█", "░")
    filled = _BAR * progress.rows // progress.expected
    share = f" {count(100 * progress.rows // progress.expected)} %  "
    return [(full * filled, "trend"), (rest * (_BAR - filled), "muted"), share, text]
