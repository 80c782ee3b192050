"""Addresses on the screen that a terminal opens when they are clicked (OSC 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content
from textual.style import Style

from riskcockpit.present.links import is_safe

_WITHOUT = ("screen", "linux", "vt", "xterm-old", "dumb", "ansi")
"""Terminals, by the beginning of `TERM`, that have no links; some print the address instead."""


def are_shown(setting: str, environ: Mapping[str, str], *, is_ascii: bool) -> bool:
    """Return whether links may be sent under a setting (`auto` or `off`)."""
    is_plain = is_ascii or bool(environ.get("NO_COLOR"))
    return setting != "off" and not is_plain and not environ.get("TERM", "").startswith(_WITHOUT)


def linked(rows: Sequence[Content], address: str, indent: int) -> list[Content]:
    """Return the rows that say an address, as a link from `indent` on; as they are if not safe."""
    if not is_safe(address):
        return list(rows)
    return [row.stylize(Style(link=address), indent) for row in rows]
