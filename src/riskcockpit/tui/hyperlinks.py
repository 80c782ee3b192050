"""Addresses on the screen that a terminal opens when they are clicked (OSC 8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from textual.content import Content
from textual.style import Style

from riskcockpit.present.links import is_safe

_WITHOUT = ("screen", "linux", "vt", "xterm-old", "dumb", "ansi")
"""Terminals, by the beginning of `TERM`, that have no links; some print the address instead."""
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_BEHIND = ".,;:!?)]}'"
"""What stands behind an address in a sentence and is no part of it."""


def are_shown(setting: str, environ: Mapping[str, str], *, is_ascii: bool) -> bool:
    """Return whether links may be sent under a setting (`auto` or `off`)."""
    is_plain = is_ascii or bool(environ.get("NO_COLOR"))
    return setting != "off" and not is_plain and not environ.get("TERM", "").startswith(_WITHOUT)


def linked(rows: Sequence[Content], text: str, indent: int = 0) -> list[Content]:
    """Return rows that say `text` from `indent` on, with its safe addresses as links.

    Every part of an address that goes on in the next row leads to the whole of it.
    """
    out, said, at = list(rows), "".join(row.plain[indent:] for row in rows), 0
    for address in _addresses(text):
        start = said.find(address, at)
        if start < 0:  # the text was cut before its end
            break
        at, before = start + len(address), 0
        for index, row in enumerate(out):
            length = len(row.plain) - indent
            first, last = max(start - before, 0), min(at - before, length)
            if first < last:
                out[index] = row.stylize(Style(link=address), indent + first, indent + last)
            before += length
    return out


def _addresses(text: str) -> Iterator[str]:
    if "://" not in text:
        return
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(_BEHIND)
        if is_safe(address):
            yield address
