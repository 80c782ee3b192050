"""The only widgets that may be given text from data: they never read markup.

A test walks the syntax tree of this package and refuses Textual's own text widgets with anything
but a literal elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from riskcockpit.domain.untrusted import steady
from riskcockpit.present.text import Glyphs
from riskcockpit.tui.theme import TOKENS

Part = str | tuple[str, str]
"""Text, or text with a token of `present`."""


def styled(parts: Iterable[Part]) -> Content:
    """Put parts of one line together; text is never markup, tokens become styles of the theme.

    What a terminal would obey or draw in a width of its own is replaced here already, before
    widths are measured.
    """
    return Content.assemble(
        *(
            steady(part) if isinstance(part, str) else (steady(part[0]), TOKENS[part[1]])
            for part in parts
        )
    )


def lines(rows: Iterable[Content | str]) -> Content:
    """Put rows under each other."""
    return Content("\n").join([styled([row]) if isinstance(row, str) else row for row in rows])


def fitted(content: Content, width: int, glyphs: Glyphs) -> Content:
    """Return one line in `width` cells; what is cut off is seen to be."""
    if content.cell_length <= width:
        return content
    room = max(0, width - cell_len(glyphs.ellipsis))
    return Content.assemble(content.truncate(room), glyphs.ellipsis)


class Plain(Static):
    """A piece of text that is drawn as it is."""

    def __init__(
        self,
        text: Content | str = "",
        *,
        id: str | None = None,  # noqa: A002 - as Textual calls it
        classes: str | None = None,
    ) -> None:
        self._shown = styled([text]) if isinstance(text, str) else text
        super().__init__(self._shown, markup=False, id=id, classes=classes)

    @property
    def text(self) -> str:
        """What is drawn, without styles."""
        return self._shown.plain

    def show(self, text: Content | str) -> None:
        """Draw `text`; nothing is painted when it is already there."""
        content = styled([text]) if isinstance(text, str) else text
        if content.plain == self._shown.plain and content.spans == self._shown.spans:
            return
        same_shape = content.plain.count("\n") == self._shown.plain.count("\n")
        self._shown = content
        self.update(content, layout=not (same_shape and self.is_fixed))

    @property
    def is_fixed(self) -> bool:
        """Whether neither height nor width follows the text."""
        height, width = self.styles.height, self.styles.width
        follows = width is not None and width.is_auto
        return height is not None and not height.is_auto and not follows


def titled(widget: Widget, title: str = "", subtitle: str = "") -> None:
    """Set the titles in a widget's border, drawn as they are; only when they differ."""
    for name, text in (("border_title", title), ("border_subtitle", subtitle)):
        shown = getattr(widget, f"_shown_{name}", None)
        if shown != text:
            setattr(widget, f"_shown_{name}", text)
            setattr(widget, name, styled([text]))
