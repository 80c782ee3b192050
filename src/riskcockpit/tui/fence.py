"""The second fence: nothing that a terminal would obey leaves through a line of text, but links
that were asked for and lead to a page of the web.

The first fence is at ingest (`domain.untrusted`). This one must not be relied on alone: at this
layer a control character has no width and its replacement has one, so columns would move.
Textual says its filters are meant for its own use, so its version is pinned and a test over a
pseudo-terminal holds the behaviour.
"""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from riskcockpit.domain.untrusted import fence
from riskcockpit.present.links import is_safe


class Fence(LineFilter):
    """Replaces what a terminal would obey in every segment that is not Textual's own control.

    Without `has_links` no link leaves.
    """

    def __init__(self, *, has_links: bool = False) -> None:
        super().__init__()
        self._has_links = has_links

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` with harmless text; the same list when nothing had to change."""
        del background
        for segment in segments:
            if segment.control:
                continue
            if fence(segment.text) != segment.text or self._forbids(segment.style):
                return [self._fenced(each) for each in segments]
        return segments

    def _fenced(self, segment: Segment) -> Segment:
        if segment.control:
            return segment
        style = segment.style
        if style is not None and self._forbids(style):
            style = style.update_link(None)
        return Segment(fence(segment.text), style)

    def _forbids(self, style: Style | None) -> bool:
        link = None if style is None else style.link
        return link is not None and not (self._has_links and is_safe(link))
