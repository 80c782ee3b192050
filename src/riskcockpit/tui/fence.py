"""The second fence: nothing that a terminal would obey leaves through a line of text.

The first fence is at ingest (`domain.untrusted`). This one must not be relied on alone: at this
layer a control character has no width and its replacement has one, so columns would move.
Textual says its filters are meant for its own use, so its version is pinned and a test over a
pseudo-terminal holds the behaviour.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from riskcockpit.domain.untrusted import fence


class Fence(LineFilter):
    """Replaces what a terminal would obey in every segment that is not Textual's own control."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with harmless text; the same list when nothing had to change."""
        del background
        for segment in segments:
            if not segment.control and fence(segment.text) != segment.text:
                return [_fenced(each) for each in segments]
        return segments


def _fenced(segment: Segment) -> Segment:
    if segment.control:
        return segment
    return Segment(fence(segment.text), segment.style)
