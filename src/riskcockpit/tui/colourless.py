"""No colour at all, as https://no-color.org asks: what only a colour told apart is reversed.

Textual draws greys instead (8.2), which are colours to a terminal. Weights, underlines and what is
reversed stay; where a cursor, a letter to jump to or a coloured context has a background of its
own, that is reversed, so that it is still seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from rich.color import Color as TerminalColor
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

_LOUD = ("block-cursor-background", "warning")
"""Variables of a theme whose colour, as a background, means something."""
_REVERSED = Style(reverse=True)


class Colourless(LineFilter):
    """Takes every colour out of a line."""

    def __init__(self, variables: Callable[[], dict[str, str]]) -> None:
        super().__init__()
        self._variables = variables

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return `segments` without colours."""
        del background
        variables = self._variables()
        loud = tuple(variables[name] for name in _LOUD)
        return [
            segment
            if segment.style is None
            else Segment(segment.text, _bare(segment.style, loud), segment.control)
            for segment in segments
        ]


@lru_cache(2048)
def _bare(style: Style, loud: tuple[str, ...]) -> Style:
    behind = style.bgcolor
    bare = style.without_color + Style.from_meta(style.meta)  # which a click looks for
    return bare + _REVERSED if behind is not None and _is_loud(behind, loud) else bare


def _is_loud(behind: TerminalColor, loud: tuple[str, ...]) -> bool:
    is_named = behind.type in (ColorType.STANDARD, ColorType.EIGHT_BIT)
    return is_named or behind in {Color.parse(each).rich_color for each in loud}
