"""HTML in reports → plain text. Nothing is ever rendered or fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    {"p", "div", "li", "ul", "ol", "br", "tr", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_SILENT = frozenset({"script", "style", "head"})
_BLANKS = re.compile(r"[ \t\r\f\v]+")
_GAPS = re.compile(r"\n\s*\n+")


def plain_text(html: str) -> str:
    """Return the text of `html`: line breaks where blocks end, a dash before each list item."""
    if "<" not in html and "&" not in html:
        return html.strip()
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(reader.parts).split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


class PatientParser(HTMLParser):
    """The library's parser, but broken `<![…` is skipped as browsers do, instead of asserted."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: ARG002, FBT001, FBT002 - the signature is the library's
        """Return where the section that starts at `i` ends; -1 when that is not known yet."""
        return self.rawdata.find(">", i) + 1 or -1


class _TextReader(PatientParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the signature is the library's
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BLOCKS and tag != "li":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
